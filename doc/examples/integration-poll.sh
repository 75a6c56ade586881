#!/bin/bash
# integration-poll.sh TASK COMMAND [ARGUMENT…]: does the tasks of this name, as Keptn's remote execution plane does: it asks
# once a second which are open. Settings: see integration.sh.
#
#   DRAWBRIDGE_SERVER=https://drawbridge.example/api DRAWBRIDGE_TOKEN_FILE=token ./integration-poll.sh deployment ./deploy.sh
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=integration.sh
. "$(dirname "$(readlink -f "$0")")/integration.sh"
[ $# -ge 2 ] || die "usage: $0 TASK COMMAND [ARGUMENT…]"
begin "$1"
shift
while :; do
    while read -r event <&3; do serve "$event" "$@"; done 3< <(open_tasks)
    ping
    sleep "${INTERVAL:-1}"
done
