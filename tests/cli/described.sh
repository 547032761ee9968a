#!/bin/bash
# Help, man page, docs/cli.md and completion tell of the same verbs and flags, and shells can read what is made for them.
# Usage: described.sh PROGRAM SOURCE. Needs bash; groff, mandoc, zsh and fish check more where they are installed.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
source=$2

"$program" man >denoiscope.1 && "$program" man --markdown >cli.md || fail 'no manual'
for shell in bash zsh fish; do "$program" completion $shell >completion.$shell || fail "no completion for $shell"; done
"$program" completion bsh >/dev/null 2>stderr
[ $? = 2 ] && grep -q "Did you mean 'bash'?" stderr || fail "completion bsh: $(cat stderr)"

cmp -s cli.md "$source/docs/cli.md" || fail 'docs/cli.md is not what the program says; run ./dev docs'

# --- well formed
bash -n completion.bash || fail 'bash cannot read its completion'
if command -v zsh >/dev/null; then zsh -n completion.zsh || fail 'zsh cannot read its completion'; fi
if command -v fish >/dev/null; then fish --no-execute completion.fish || fail 'fish cannot read its completion'; fi
if command -v groff >/dev/null; then
  groff -man -Tascii -P-cbou -ww denoiscope.1 >page 2>stderr || fail 'groff failed'
  [ -s stderr ] && fail "groff: $(head -3 stderr)"
  for heading in NAME SYNOPSIS DESCRIPTION OPTIONS VERBS ENVIRONMENT 'EXIT STATUS'; do grep -q "$heading" page || fail "man page without $heading"; done
fi
if command -v mandoc >/dev/null; then mandoc -Tlint -W warning denoiscope.1 | grep -v 'missing date' && fail 'mandoc finds faults'; fi
head -1 denoiscope.1 | grep -q '^\.TH DENOISCOPE 1 ' || fail 'not a man page'

# --- complete WORD...: what bash would offer for the last word, left in COMPREPLY.
# shellcheck disable=SC1091
source ./completion.bash
[ "$(complete -p denoiscope)" = 'complete -o filenames -F _denoiscope denoiscope' ] || fail "bash: $(complete -p denoiscope)"
complete_words() {
  COMP_WORDS=(denoiscope "$@")
  COMP_CWORD=$#
  _denoiscope
}
offers() {  # offers EXPECTED WORD...: exactly these (separated by ;), in any order: that of files is the folder's
  local expected=$1
  shift
  complete_words "$@"
  [ "$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' ')" = "$(tr ';' '\n' <<<"$expected" | sort | paste -sd' ')" ] || fail "'$*' offers '${COMPREPLY[*]}' instead of '$expected'"
}
mkdir 'a folder' && touch 'a file.npy' three.npy
offers analyze an
offers 'pm1' analyze --scale p
offers 'pm1' analyze --scale = p
offers 'pm1;unit;none;standardize' analyze data.npy --scale = ''
offers 'auto;always;never' info --progress ''
offers 'same-class;same-class-weighted' theory same
offers 'bash' completion b
offers 'theories' list t
offers '--seed;--set' analyze x.npy --se
offers 'three-level-mixture;three.npy' analyze three
offers 'a file.npy;a folder' report a
[ ${#COMPREPLY[@]} = 2 ] || fail 'blanks in names split them'
offers 'three.npy' analyze x --labels thr
offers '' analyze --rows ''
offers '-h;--help;--version' -

# --- every verb and flag that --help shows
"$program" --help >help
mapfile -t verbs < <(sed -n '/^Subcommands:/,$p' help | sed -nE 's/^  ([a-z-]+) .*/\1/p')
[ ${#verbs[@]} -ge 8 ] || fail "only these verbs: ${verbs[*]}"
offers "$(IFS=';'; echo "${verbs[*]}")" ''
for verb in "${verbs[@]}"; do
  roff=${verb//-/\\\\-}  # as a pattern
  grep -q "^\.SS $roff\$" denoiscope.1 || fail "man page without $verb"
  grep -q "^## $verb\$" cli.md || fail "docs/cli.md without $verb"
  grep -q "^    $verb)" completion.zsh || fail "zsh without $verb"
  mapfile -t flags < <("$program" "$verb" --help | sed -nE 's/^  (-[a-z],)?(--[a-z-]+).*/\2/p')
  [ ${#flags[@]} -ge 1 ] || fail "$verb shows no flags"
  complete_words "$verb" --
  [ "${COMPREPLY[*]}" = "${flags[*]}" ] || fail "$verb: bash offers '${COMPREPLY[*]}', help shows '${flags[*]}'"
  sed -n "/^\.SS $roff\$/,/^\.S[SH] /p" denoiscope.1 | sed '1d' >page
  sed -n "/^## $verb\$/,/^## /p" cli.md | sed '1d' >section
  sed -n "/^    $verb)\$/,/;;\$/p" completion.zsh >zsh
  for flag in "${flags[@]}"; do
    grep -qF -- "${flag//-/\\-}\\fR" page || fail "man page: $verb without $flag"
    grep -qE -- "\`(-[a-z], )?$flag[ \`]" section || fail "docs/cli.md: $verb without $flag"
    grep -qE -- "'[*]?$flag(=|\[)" zsh || fail "zsh: $verb without $flag"
    grep -E "(from $verb'|use_subcommand)" completion.fish | grep -qE -- " -l ${flag#--} " || fail "fish: $verb without $flag"
  done
done

# --- in the shells themselves
if command -v fish >/dev/null; then
  PATH=$(dirname "$program"):$PATH fish --no-config -c 'source completion.fish; complete -C "denoiscope analyze --scale st"' >out
  [ "$(cut -f1 out)" = standardize ] || fail "fish offers $(cat out)"
fi
if command -v zsh >/dev/null; then
  zsh -f -c 'autoload -Uz compinit; compinit -D -u; source ./completion.zsh; [[ $_comps[denoiscope] == _denoiscope ]]' || fail 'zsh does not take its completion'
fi

verdict
