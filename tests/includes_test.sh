#!/bin/sh
# Who may include whom: the table of doc/architecture.md, held against the #include lines of every file in src/. TAP.
set -eu
root=${top_srcdir:-$(dirname "$0")/..}

allowed() {
    case $1 in
    base | demo) echo ;;
    event | http | settings) echo base ;;
    shipyard) echo base event ;;
    store | bus) echo base event ;;
    model) echo base event ;;
    feed) echo base event http ;;
    decide) echo base event model http ;;
    notify) echo base event model settings ;;
    view) echo base event model decide settings ;;
    cli) echo base event model http feed decide settings notify view ;;
    sequencer) echo base event shipyard ;;
    repo) echo base shipyard ;;
    jobs) echo base event shipyard ;;
    api) echo base event shipyard sequencer store repo jobs ;;
    daemon) echo base event shipyard sequencer store repo jobs bus api ;;
    *) echo "no row for $1" >&2; exit 1 ;;
    esac
}

# check_tree DIRECTORY: prints each edge that the table does not have.
check_tree() {
    for folder in "$1"/*/; do
        name=$(basename "$folder")
        mays=" $name $(allowed "$name") "
        grep -Hn '^#include "[a-z]*/' "$folder"*.[ch] 2>/dev/null | while IFS= read -r line; do
            to=$(printf '%s\n' "$line" | sed 's/.*#include "\([a-z]*\)\/.*/\1/')
            case $mays in
            *" $to "*) ;;
            *) printf '%s\n' "$line" ;;
            esac
        done
    done
    grep -Hl '#include <\(ncurses\|curses\)' "$1"/*/*.[ch] 2>/dev/null | grep -v '/view/paint\.c$' || true
}

echo 1..2
bad=$(check_tree "$root/src")
if [ -z "$bad" ]; then
    echo "ok 1 - every include is an edge of the table"
else
    echo "not ok 1 - every include is an edge of the table"
    printf '%s\n' "$bad" | sed 's/^/# /'
fi

# The check itself must be able to fail.
false_tree=$(mktemp -d)
trap 'rm -rf "$false_tree"' EXIT
mkdir -p "$false_tree/base" "$false_tree/model"
echo '#include "model/model.h"' >"$false_tree/base/wrong.c"
echo '#include <ncurses.h>' >"$false_tree/model/wrong.c"
if [ "$(check_tree "$false_tree" | wc -l)" = 2 ]; then
    echo "ok 2 - a wrong edge and a second user of ncurses are found"
else
    echo "not ok 2 - a wrong edge and a second user of ncurses are found"
fi
