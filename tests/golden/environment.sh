#!/bin/sh
# Makes build/venv/NAME, a Python environment with one library that goldens come from: environment.sh NAME. RecBole's
# sees Debian's PyTorch (./dev deps installs it); versions are pinned here. RecTools' has a PyTorch of 5 GB.
set -eu
cd "$(dirname "$0")/../.."
site=
case ${1:-} in
  recbole) site=--system-site-packages
    packages="recbole==1.2.0 numpy==1.26.4 scipy==1.10.1 pandas==2.2.3 colorlog==4.7.2 colorama==0.4.4 tqdm==4.67.1
    pyyaml==6.0.2 scikit-learn==1.5.2 tensorboard==2.18.0 thop==0.1.1.post2209072238 tabulate==0.9.0 plotly==5.24.1
    texttable==1.7.0 psutil==6.1.0 kmeans_pytorch==0.3" ;;
  deepmatch) packages="deepmatch==0.3.2 deepctr==0.9.4 tensorflow-cpu==2.12.1 numpy==1.24.3 h5py==3.16.0
    requests==2.34.2 safetensors==0.8.0" ;;
  rectools) packages="rectools==0.19.0 torch==2.14.1 pytorch-lightning==2.5.2 torchmetrics==1.8.2
    lightning-utilities==0.15.3 numpy==1.26.4 scipy==1.14.1 pandas==2.2.3 pm-implicit==0.7.3 pydantic==2.10.6
    typeguard==4.4.2 attrs==23.2.0 fastrlock==0.8.3 tqdm==4.67.1 typing_extensions==4.12.2" ;;
  *)
    echo "environment.sh: no environment is called '${1:-}' (known: recbole, deepmatch, rectools)" >&2
    exit 2 ;;
esac
venv=build/venv/$1
[ -x "$venv/bin/python" ] || /usr/bin/python3 -m venv ${site:+"$site"} "$venv"
# shellcheck disable=SC2086 # a list of packages; the libraries themselves ask for more than their models need
"$venv/bin/pip" install --quiet --no-deps $packages
others=$(echo "$packages" | sed -E 's/(recbole|deepmatch|deepctr|rectools)==[^ ]*//g')
# shellcheck disable=SC2086
"$venv/bin/pip" install --quiet $others
