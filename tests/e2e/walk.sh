#!/usr/bin/env bash
# The main job with the real program: a goal becomes an approved plan, delivered mails and a measured report.
set -euo pipefail
program=$1
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
run() { "$program" "$@" --data-dir "$data" --http-port 0; }
goal="Tell our newsletter readers about the autumn jackets by email, 250 dollars, from tomorrow for ten days, we want 4% of them to order"
out=$(run chat --sample-audience --goal "$goal" --yes)
expect() { grep -qF -- "$1" <<<"$out" || { printf 'missing: %s\n%s\n' "$1" "$out"; exit 1; }; }
expect "476 people will get it"
expect "autumn jackets"
expect "Approved by --yes"
expect "addressed 500, sent 476, left out 24, refused 0, unclear 0"
expect "virtual clock"
if grep -qE 'ordered +0 ' <<<"$out"; then echo "nobody ordered: $out"; exit 1; fi
# A goal that lacks everything starts nothing and says so.
set +e
out=$(run chat --goal "Help me get more customers" --yes); code=$?
set -e
[[ $code -eq 2 ]] || { echo "an unclear goal ended with $code: $out"; exit 1; }
out=$(run doctor)
expect "is whole"
