#!/bin/bash
# integration-stream.sh TASK COMMAND [ARGUMENT…]: the same without polling: events come over a WebSocket as they happen.
# `drawbridge watch` reads the stream, reconnects for ever and resumes where it was, so that nothing is missed; what was
# open before it began is asked for once. Settings: see integration.sh; drawbridge must be in PATH.
#
#   DRAWBRIDGE_SERVER=https://drawbridge.example/api DRAWBRIDGE_TOKEN_FILE=token ./integration-stream.sh deployment ./deploy.sh
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=integration.sh
. "$(dirname "$(readlink -f "$0")")/integration.sh"
[ $# -ge 2 ] || die "usage: $0 TASK COMMAND [ARGUMENT…]"
begin "$1"
shift
exec 3< <(exec drawbridge --server "$DRAWBRIDGE_SERVER" --token-file "$DRAWBRIDGE_TOKEN_FILE" watch -o ndjson ${PROJECT:+--project "$PROJECT"})
watcher=$!
trap 'kill "$watcher" 2>/dev/null' EXIT
trap 'exit 143' TERM INT HUP
# Open tasks are asked for at the start, and again with each ping: also what came while the stream was not there yet.
catch_up() { while read -r event <&4; do serve "$event" "$@"; done 4< <(open_tasks); }
catch_up "$@"
again=2
while :; do
    ping
    if read -r -t 2 event <&3; then
        [[ $event != *"\"$TYPE\""* ]] || { event=$(jq -c --arg type "$TYPE" 'select(.type == $type)' <<<"$event") && [ -z "$event" ]; } || serve "$event" "$@"
    elif ! kill -0 "$watcher" 2>/dev/null; then
        die "the stream has ended"
    fi
    if [ "$SECONDS" -ge "$again" ]; then
        catch_up "$@"
        again=$((SECONDS + 60))
    fi
done
