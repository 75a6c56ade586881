#!/bin/sh
# The rows of tests/contract and the table of doc/keptn.md name the same ids. TAP.
set -eu
root=${top_srcdir:-$(dirname "$0")/../..}

tested() { sed -n 's/^    {"\([a-z]*\.[a-z]*\)".*/\1/p' "$@" | sort -u; }
told() { grep -o '`row [a-z]*\.[a-z]*`' "$1" | sed 's/`row \(.*\)`/\1/' | sort -u; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tested "$root"/tests/contract/*_test.c >"$work/tested"
told "$root/doc/keptn.md" >"$work/told"
echo 1..2
if [ -s "$work/tested" ] && cmp -s "$work/tested" "$work/told"; then
    echo "ok 1 - table and test have the same rows"
else
    echo "not ok 1 - table and test have the same rows (< only tested, > only told)"
    diff "$work/tested" "$work/told" | sed 's/^/# /' || true
fi

# The check itself must be able to fail.
printf '    {"a.b", "GET",\n' >"$work/one_test.c"
printf '`row a.c`\n' >"$work/one.md"
if [ "$(tested "$work/one_test.c")" = a.b ] && [ "$(told "$work/one.md")" = a.c ]; then
    echo "ok 2 - an id that differs is seen"
else
    echo "not ok 2 - an id that differs is seen"
fi
