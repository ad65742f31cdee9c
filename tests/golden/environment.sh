#!/bin/sh
# Makes build/venv/NAME, a Python environment with one library that goldens come from: environment.sh NAME. It sees
# Debian's PyTorch (./dev deps installs it); versions are pinned here.
set -eu
cd "$(dirname "$0")/../.."
case ${1:-} in
  recbole) packages="recbole==1.2.0 numpy==1.26.4 scipy==1.10.1 pandas==2.2.3 colorlog==4.7.2 colorama==0.4.4 tqdm==4.67.1
    pyyaml==6.0.2 scikit-learn==1.5.2 tensorboard==2.18.0 thop==0.1.1.post2209072238 tabulate==0.9.0 plotly==5.24.1
    texttable==1.7.0 psutil==6.1.0 kmeans_pytorch==0.3" ;;
  *)
    echo "environment.sh: no environment is called '${1:-}' (known: recbole)" >&2
    exit 2 ;;
esac
venv=build/venv/$1
[ -x "$venv/bin/python" ] || /usr/bin/python3 -m venv --system-site-packages "$venv"
# shellcheck disable=SC2086 # a list of packages; RecBole itself asks for more than its models need
"$venv/bin/pip" install --quiet --no-deps $packages
others=$(echo "$packages" | sed 's/recbole==[^ ]*//')
# shellcheck disable=SC2086
"$venv/bin/pip" install --quiet $others
