#!/bin/sh
# Runs every fuzz target from the committed seeds: run.sh FOLDER_OF_TARGETS SECONDS. Ends with an error at the first
# finding, whose input libFuzzer leaves in the target folder.
set -eu
targets=$1
seconds=$2
here=$(dirname "$0")
tests=$here/..

fuzz() { # NAME SEED_FOLDERS...
  name=$1
  shift
  corpus="$targets/corpus_$name"
  mkdir -p "$corpus"
  dictionary=""
  if [ -f "$here/$name.dict" ]; then dictionary="-dict=$here/$name.dict"; fi
  echo "fuzz_$name: $seconds s"
  # shellcheck disable=SC2086 # no dictionary is no argument
  "$targets/fuzz_$name" $dictionary -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$targets/finding_${name}_" "$corpus" "$@"
}

fuzz model "$tests/invalid" "$tests/golden/models"
python3 "$here/reader_seeds.py" "$targets/seeds"
fuzz pytorch "$targets/seeds/pytorch"
fuzz safetensors "$targets/seeds/safetensors"
