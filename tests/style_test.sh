#!/bin/sh
# What the house style says and a script can tell: format, sizes of files, banned functions. TAP.
set -eu
root=${top_srcdir:-$(dirname "$0")/..}
cd "$root"
number=0

report() { # report NAME FINDINGS
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        printf '%s\n' "$2" | head -40 | sed 's/^/# /'
    fi
}

files=$(find src tests -name '*.[ch]')
echo 1..5
if command -v clang-format >/dev/null; then
    # shellcheck disable=SC2086
    report "every file is formatted" "$(clang-format --dry-run $files 2>&1 | grep -E 'warning' || true)"
else
    report "every file is formatted" "clang-format is not installed: ./bootstrap check installs it"
fi
# shellcheck disable=SC2086
report "no file has more than 900 lines" "$(wc -l $files | awk '$2 != "total" && $1 > 900')"
# shellcheck disable=SC2086
report "no banned function is called" "$(grep -nE '(^|[^_[:alnum:]])(strcpy|strcat|sprintf|strtok|atoi|system|popen)\(' $files || true)"
report "nothing is left to do in a comment" "$(grep -nwE 'TODO|FIXME|XXX|HACK' $files || true)"
# From a { in the first column to its }.
# shellcheck disable=SC2086
report "no function has more than 80 lines" "$(awk '/^\{/ { start = FNR } /^\}/ { if (start && FNR - start > 80) print FILENAME ":" start; start = 0 }' $files)"
