#!/bin/sh
# The demo: a shop's trained recommender from its PyTorch checkpoint into an app's hands. demo.sh HEED
set -eu
heed=$1
here=$(dirname "$0")
out=build/demo
mkdir -p "$out"

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# Shows the command as it can be pasted, and runs it.
run() {
  printf '$ heed'
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./=-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$heed" "$@"
}

title "1. Convert: a SASRec that PyTorch trained on a gift shop's purchases, to fp32 and to int8"
run convert "$here/sasrec_online_retail.pt" -o "$out/shop-fp32.heed"
run convert "$here/sasrec_online_retail.pt" -o "$out/shop-int8.heed" --quantize int8

title "2. Recommend: a customer bought party things for children"
run recommend "$out/shop-int8.heed" --titles "$here/products.tsv" --k 5 \
  --history-titles "DINOSAUR LUNCH BOX WITH CUTLERY;DINOSAUR PARTY BAG + STICKER SET;SPACEBOY LUNCH BOX"

title "3. Recommend: another one collects tea cups"
run recommend "$out/shop-int8.heed" --titles "$here/products.tsv" --k 5 \
  --history-titles "GREEN REGENCY TEACUP AND SAUCER;PINK REGENCY TEACUP AND SAUCER"

title "4. Evaluate: does int8 rank as well as fp32? (the last purchase of each customer is the target)"
run eval "$out/shop-fp32.heed" --data "$here/interactions.txt" --k 10
run eval "$out/shop-int8.heed" --data "$here/interactions.txt" --k 10

title "5. Size and latency"
for file in "$here/sasrec_online_retail.pt" "$out/shop-fp32.heed" "$out/shop-int8.heed"; do
  printf "%9d bytes  %s\n" "$(wc -c <"$file")" "$file"
done
run bench "$out/shop-fp32.heed"
run bench "$out/shop-int8.heed"
