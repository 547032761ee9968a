#!/bin/bash
# Every file of known_bad/ as a user would meet it: the exit code, one line, and in it the byte and the field that
# manifest.tsv names. Usage: known_bad.sh PROGRAM. Needs bash and awk only.
set -u
shopt -s extglob
program=$(realpath "$1")
known_bad=$(realpath "$(dirname "$0")")/known_bad
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
tried=0

# What is too large to be kept, by the same name every time.
make_large() {
  case $1 in
    toml/parts-*.toml) awk -v n="${1//[!0-9]/}" 'BEGIN { printf "a"; for (i = 1; i < n; ++i) printf ".a"; print " = 1" }' ;;
    safetensors/entries-100000)
      awk 'BEGIN {
        for (i = 0; i < 100000; ++i) printf "%s\"t%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "{", i
        printf "}"
      }' >header
      awk -v n="$(wc -c <header)" 'BEGIN { for (i = 0; i < 8; ++i) { printf "\\x%02x", n % 256; n = int(n / 256) } }' >length
      printf '%b' "$(<length)"; cat header ;;
    *) return 1 ;;
  esac
}

# place NAME SOURCE: puts the file where it is read from; path and command become its name there and what reads it.
place() {
  rm -rf subject && mkdir subject
  case ${1%%/*} in
    png) path=subject/picture.png; command=(info subject) ;;
    jpeg) path=subject/picture.jpg; command=(info subject) ;;
    cifar) path=subject/data_batch_1.bin; command=(info subject) ;;
    dataset_json) path=subject/dataset.json; command=(info subject); cp "$known_bad/../seeds/png/grey" subject/picture.png ;;
    labels) path=subject/$(basename "$1"); command=(info three.npy --labels "$path") ;;
    toml) path=subject/settings.toml; command=(info three.npy --config "$path") ;;
    result) path=subject/result.json; command=(report subject) ;;
    *) path=subject/$(basename "$1"); command=(info "$path") ;;
  esac
  cp "$2" "$path"
}

cp "$known_bad/../seeds/npy/labels" three.npy
while IFS=$'\t' read -r file code byte field crime; do
  [[ $file == \#* ]] && continue
  source=$known_bad/$file
  if [ ! -e "$source" ]; then
    source=$work/large
    make_large "$file" >large || { echo "FAILED: no $file"; failures=$((failures + 1)); continue; }
  fi
  place "$file" "$source"
  timeout 20 "$program" "${command[@]}" >stdout 2>stderr </dev/null
  got=$?
  tried=$((tried + 1))
  said=$(<stderr)
  said=${said/:x.npy:/:}  # an archive names its member, too
  [ "$byte" = any ] && byte='+([0-9])'
  [ "$field" = any ] && pattern='+([a-zA-Z ])' || pattern=$(printf '%q' "$field")
  # shellcheck disable=SC2053  # patterns on purpose
  if [ $got != "$code" ] || [ -s stdout ] || [ "$(wc -l <stderr)" != 1 ] ||
    [[ $said != "denoiscope: $path: byte "$byte" ("$pattern"): "?* ]]; then
    echo "FAILED: $file ($crime): exit code $got, expected $code, byte $byte ($field), in one line: ${said:0:500}"
    failures=$((failures + 1))
  fi
done <"$known_bad/manifest.tsv"

echo "$tried files, $failures failures"
[ $failures = 0 ] && [ $tried -ge 40 ]
