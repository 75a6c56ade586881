#!/bin/sh
# Every test that doc/sequencer.md names is there: defined, listed in its program, and its table has the row that is
# quoted. TAP.
set -eu
root=${top_srcdir:-$(dirname "$0")/../..}
export LC_ALL=C

# check DOCUMENT: prints what is missing; the last line is the number of tests that were looked up.
check() {
    awk -v tests="$root/tests" '
        function load(file,    line) {
            if (file in text)
                return
            text[file] = "\n"
            while ((getline line < file) > 0)
                text[file] = text[file] line "\n"
            close(file)
        }
        function has_row(file, row) {
            gsub(/"/, "\\\"", row)
            return index(text[file], "\"" row "\"") > 0
        }
        function look_up(name,    i, file) {
            for (i = 1; i <= programs; i++) {
                file = program[i]
                load(file)
                count++
                if (!index(text[file], "\nstatic void " name "(void **") ||
                    text[file] !~ "[(]" name "[),]")
                    print FNR ": no test " name " in " file
            }
        }
        # A cell is read from left to right: "folder/name:" sets the program, a name in backquotes is a test of it, a
        # text in double quotes one of its rows.
        function read_cell(cell,    word) {
            programs = 0
            while (match(cell, /(([a-z]+\/)?[a-z]+, )*([a-z]+\/)?[a-z]+: `|`[a-z][a-z0-9_]+`|"[^"]+"/)) {
                word = substr(cell, RSTART, RLENGTH)
                cell = substr(cell, RSTART + RLENGTH)
                if (word ~ /: `$/) {
                    cell = "`" cell
                    sub(/: `$/, "", word)
                    programs = split(word, part, /, /)
                    for (i = 1; i <= programs; i++)
                        program[i] = tests "/" (part[i] ~ /\// ? part[i] : "sequencer/" part[i]) "_test.c"
                } else if (word ~ /^`/ && word ~ /_/ && programs > 0) {
                    look_up(substr(word, 2, length(word) - 2))
                } else if (word ~ /^"/ && programs > 0 && !has_row(program[1], substr(word, 2, length(word) - 2))) {
                    print FNR ": no row " word " in " program[1]
                }
            }
        }
        /^## / { inside = /^## Rows of/ }
        inside && /^\|/ { cells = split($0, cell, /\|/); read_cell(cell[cells - 1]); next }
        inside && /^Beyond/ { rest = 1 }
        rest { end = end " " $0 }
        END { read_cell(end); print count }
    ' "$1"
}

echo 1..2
out=$(check "$root/doc/sequencer.md")
count=$(printf '%s\n' "$out" | tail -n 1)
missing=$(printf '%s\n' "$out" | sed '$d')
if [ -z "$missing" ] && [ "$count" -gt 100 ]; then
    echo "ok 1 - every test that the document names is there"
else
    printf '%s\n' "$missing" "$count tests were looked up" | sed 's/^/# /'
    echo "not ok 1 - every test that the document names is there"
fi

# Against an empty pass: a document with a test and a row that are not there.
draft=$(mktemp)
trap 'rm -f "$draft"' EXIT
printf '## Rows of x\n| a | flow: `a_task_may_occur_twice`, `no_such_test` "no such row" |\n' >"$draft"
if [ "$(check "$draft" | wc -l)" -eq 3 ]; then
    echo "ok 2 - what is not there is found out"
else
    check "$draft" | sed 's/^/# /'
    echo "not ok 2 - what is not there is found out"
fi
