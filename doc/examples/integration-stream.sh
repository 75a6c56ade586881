#!/bin/bash
# integration-stream.sh TASK COMMAND [ARGUMENT…]: the same without polling: events come over a WebSocket as they happen.
# `drawbridge watch` reads the stream, reconnects for ever and resumes where it was, so that nothing is missed; what was
# open before it began is asked for once. Settings: see integration.sh; drawbridge must be in PATH.
#
#   DRAWBRIDGE_SERVER=https://drawbridge.example/api DRAWBRIDGE_TOKEN_FILE=token ./integration-stream.sh deployment ./deploy.sh
set -uo pipefail
. "$(dirname "$(readlink -f "$0")")/integration.sh"
[ $# -ge 2 ] || die "usage: $0 TASK COMMAND [ARGUMENT…]"
begin "$1"
shift
exec 3< <(exec drawbridge --server "$DRAWBRIDGE_SERVER" --token-file "$DRAWBRIDGE_TOKEN_FILE" watch -o ndjson ${PROJECT:+--project "$PROJECT"})
watcher=$!
trap 'kill "$watcher" 2>/dev/null' EXIT
trap 'exit 143' TERM INT HUP
while read -r event <&4; do serve "$event" "$@"; done 4< <(open_tasks)
while :; do
    # Once a minute without events there is time to ping.
    if read -r -t 60 event <&3; then
        [[ $event != *"\"$TYPE\""* ]] || serve "$(jq -c --arg type "$TYPE" 'select(.type == $type)' <<<"$event")" "$@"
    elif ! kill -0 "$watcher" 2>/dev/null; then
        die "the stream has ended"
    else
        ping
    fi
done
