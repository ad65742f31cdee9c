#!/bin/sh
# Makes the committed reference results again. Model files (models/) and checksums.txt are not made again: they are
# promises about files that exist.
set -eu
cd "$(dirname "$0")"
/usr/bin/python3 sasrec_variants.py
/usr/bin/python3 bert4rec_variants.py
/usr/bin/python3 gsasrec_variants.py
/usr/bin/python3 tisasrec_variants.py
/usr/bin/python3 gru4rec_attention.py
/usr/bin/python3 caser_attention.py
/usr/bin/python3 attention_forms.py
sh environment.sh recbole
../../build/venv/recbole/bin/python recbole_models.py
for library in deepmatch rectools; do
  sh environment.sh "$library"
  "../../build/venv/$library/bin/python" "${library}_models.py"
done
/usr/bin/python3 ../converter/readers/make_fixtures.py
