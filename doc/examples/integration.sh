# integration.sh: what an integration says to Keptn's API; integration-poll.sh and integration-stream.sh use it.
# Needs bash, curl and jq. Settings, from the environment:
#   DRAWBRIDGE_SERVER      root of the API, e.g. https://drawbridge.example/api
#   DRAWBRIDGE_TOKEN_FILE  file with a token of role integration
#   INTEGRATION            its name (default: that of the task)
#   STATE                  directory that remembers which tasks were begun (default: ./INTEGRATION.state)
#   PROJECT                the tasks of this project only (default: of all that the token sees)
# shellcheck shell=bash

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >&2 || :; }
die() { say "$*"; exit 1; }

# api METHOD PATH [JSON]: prints the answer. The token goes in through standard input: arguments can be read by
# everybody on the machine.
api() {
    local method=$1 path=$2 body=${3-}
    printf 'header = "x-token: %s"\n' "$(<"$DRAWBRIDGE_TOKEN_FILE")" |
        curl --config - --silent --show-error --fail-with-body --max-time 30 --request "$method" \
            ${body:+--header 'content-type: application/json' --data-raw "$body"} "$DRAWBRIDGE_SERVER$path"
}

# begin TASK: checks the settings, sets TYPE, INTEGRATION, STATE, registers.
begin() {
    : "${DRAWBRIDGE_SERVER:?is not set}" "${DRAWBRIDGE_TOKEN_FILE:?is not set}"
    [ -r "$DRAWBRIDGE_TOKEN_FILE" ] || die "cannot read $DRAWBRIDGE_TOKEN_FILE"
    [ "$(stat -Lc %a "$DRAWBRIDGE_TOKEN_FILE" | cut -c2-)" = 00 ] || die "$DRAWBRIDGE_TOKEN_FILE can be read by others: chmod 600 it"
    TASK=$1 TYPE=sh.keptn.event.$1.triggered INTEGRATION=${INTEGRATION:-$1-service}
    STATE=${STATE:-./$INTEGRATION.state}
    mkdir -p "$STATE"
    until register; do sleep 1; done
}

register() {
    local answer
    answer=$(api POST /controlPlane/v1/uniform/registration "$(jq -n --arg name "$INTEGRATION" --arg host "$(hostname)" --arg type "$TYPE" --arg project "${PROJECT-}" '
        {name: $name, metadata: {hostname: $host, integrationversion: "1.0", location: "remote", kubernetesmetadata: {namespace: "keptn"}},
         subscriptions: [{event: $type, filter: {projects: [$project | select(. != "")], stages: [], services: []}}]}')") || return
    ID=$(jq -r .id <<<"$answer")
    say "registered as $INTEGRATION ($ID)"
}

# ping: once a minute, whenever it is called; keeps us in the list of integrations. Who was forgotten registers again.
next_ping=60
ping() {
    [ "$SECONDS" -ge "$next_ping" ] || return 0
    next_ping=$((SECONDS + 60))
    api PUT "/controlPlane/v1/uniform/registration/$ID/ping" >/dev/null || register
}

# open_tasks: the open tasks of TYPE, oldest first, one JSON object a line. PROJECT, when set: of this project only.
open_tasks() {
    local key=0 page
    while :; do
        page=$(api GET "/controlPlane/v1/event/triggered/$TYPE?pageSize=100&nextPageKey=$key&project=${PROJECT-}") || return
        jq -c '.events[]' <<<"$page"
        key=$(jq -r '.nextPageKey // "0"' <<<"$page")
        [ "$key" != 0 ] || return 0
    done | tac
}

# answer EVENT KIND RESULT STATUS MESSAGE: sends TASK.KIND, again until the server has it or refuses it for good.
answer() {
    local event told
    event=$(jq -c --arg type "sh.keptn.event.$TASK.$2" --arg source "$INTEGRATION" --arg result "$3" --arg status "$4" --arg message "$5" '
        {type: $type, source: $source, specversion: "1.0", contenttype: "application/json",
         shkeptncontext, triggeredid: .id, gitcommitid,
         data: ((.data | {project, stage, service, labels}) + {status: $status, message: $message}
                + if $result == "" then {} else {result: $result} end)} | del(..|nulls)' <<<"$1")
    until told=$(api POST /v1/event "$event"); do
        # 400, 403, 404, 409: no better the next time. All else (5xx, 429, a token that is being changed) may pass.
        case $(jq -r '.code? // 0' <<<"${told:-0}" 2>/dev/null) in
        400 | 403 | 404 | 409) say "$2 is refused: $told"; return 0 ;;
        esac
        sleep 1
    done
}

# serve EVENT COMMAND…: runs the command once for a task, with the event on standard input. Exit status 0 is pass.
# A task that was begun and never ended (we were killed) fails rather than being done twice. Several instances on one
# machine share STATE: whoever makes the file begins the task; as long as its process lives, the others leave it alone.
serve() {
    local event=$1 id owner message result=pass status=succeeded
    shift
    id=$(jq -r .id <<<"$event")
    [[ $id =~ ^[0-9a-f-]{36}$ ]] || { say "an event with the odd id $id is left alone"; return; }
    [ ! -e "$STATE/$id.done" ] || return 0
    if ! (set -o noclobber && echo $$ >"$STATE/$id.begun") 2>/dev/null; then
        owner=$(cat "$STATE/$id.begun" 2>/dev/null)
        [ -e "$STATE/$id.begun" ] && { [ "$owner" = $$ ] || ! kill -0 "${owner:-0}" 2>/dev/null; } || return 0
        answer "$event" finished fail errored "$INTEGRATION was interrupted while it worked on this task"
    else
        say "task $id: $(jq -r '.data | "\(.project)/\(.stage)/\(.service)"' <<<"$event")"
        answer "$event" started "" succeeded ""
        message=$("$@" <<<"$event") || result=fail
        answer "$event" finished "$result" "$status" "${message:0:4000}"
    fi
    mv "$STATE/$id.begun" "$STATE/$id.done"
}
