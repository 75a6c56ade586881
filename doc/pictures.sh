#!/bin/bash
# pictures.sh: makes every picture of doc/screens anew, from the programs of a build. Usage:
#   TERMSHOT=…/termshot doc/pictures.sh BUILD      (termshot: a program that types at a terminal and saves PNGs)
# The first minutes are played on a real drawbridged; the other screens show the recorded scenario.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:?usage: pictures.sh BUILD}" && pwd)
: "${TERMSHOT:?name the program termshot}"
out=$top/doc/screens
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
export DRAWBRIDGE_DATADIR=$top XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config TZ=UTC
unset DRAWBRIDGE_TOKEN DRAWBRIDGE_SERVER NO_COLOR COLORTERM
drawbridge=$build/drawbridge

shot() { # SIZE NAME STEP... -- COMMAND...
    local size=$1 name=$2
    shift 2
    /usr/bin/python3 "$TERMSHOT" -s "$size" -o "$out/$name-$size.png" "$@"
}

# --- the recorded scenario, by the tests' driver: as maria, who may approve ---
driver() { # ORDERS OPTION...: a command that shows it; ORDERS: what the driver is told
    printf '%s\n' "$1" >"$work/orders"
    shift
    printf "exec '%s' --scene recorded --context prod-eu %s 3< <(cat '%s'; sleep 30) 4>/dev/null" \
        "$build/tests/view/view_driver" "$*" "$work/orders"
}
for size in 120x30 80x24; do
    for screen in tree: detail:'\r' waiting:2 wall:4 decided:5 difference:d help:'?' filter:'/state:waiting age>1h' \
        approve:a links:o messages:':log\r' command:':tr\t'; do
        shot "$size" "${screen%%:*}" -k "until:waiting@20" -k wait:0.8 -k "text:${screen#*:}" -k wait:0.8 -- \
            bash -c "$(driver "")"
    done
    shot "$size" batch -k "until:waiting@20" -k wait:0.8 -k "text:2jj jj " -k wait:0.3 -k text:a -k wait:0.8 -- bash -c "$(driver "")"
    shot "$size" back -k "until:waiting@20" -k wait:0.8 -k "text:2j" -k wait:0.3 -k text:a -k wait:0.8 -- bash -c "$(driver "")"
    shot "$size" tree-ascii -k "until:waiting@20" -k wait:0.8 -- bash -c "$(driver "" --glyphs ascii)"
    shot "$size" tree-mono -k "until:waiting@20" -k wait:0.8 -- env NO_COLOR=1 bash -c "$(driver "")"
    for theme in light high-contrast solarized colour-blind; do
        shot "$size" "tree-$theme" -k "until:waiting@20" -k wait:0.8 -- bash -c "$(driver "" --theme "$theme")"
    done
done
shot 160x48 wall -k "until:waiting@20" -k text:4 -k wait:0.8 -- bash -c "$(driver "")"
shot 120x30 wall-stale -k "until:waiting@20" -k text:4 -k wait:0.8 -- \
    bash -c "$(driver "link stale 95 the connection was lost: trying again")"

# --- the same as a recording, whose events can be looked at ---
"$build/tests/scenario/scenario" "$work/scenario"
for size in 120x30 80x24; do
    for screen in events:3 raw-event:e; do
        shot "$size" "${screen%%:*}" -k "until:waiting@20" -k wait:0.8 -k "text:${screen#*:}" -k wait:0.8 -- \
            "$drawbridge" --replay "$work/scenario" --speed 0
    done
done

# --- the first minutes, on a real server ---
"$build/drawbridged" --data "$work/data" --listen 127.0.0.1:0 >"$work/ready" 2>"$work/log" &
server=$!
until grep -q ready "$work/ready"; do
    kill -0 "$server"
    sleep 0.1
done
url=$(awk '{ print $2 }' "$work/ready")
real=("$drawbridge" --server "$url" --token-file "$work/data/admin-token")
cd "$work"
cat >shipyard.yaml <<'YAML'
apiVersion: spec.keptn.sh/0.2.2
kind: Shipyard
metadata: {name: shipyard-delivery}
spec:
  stages:
    - name: production
      sequences:
        - name: delivery
          tasks:
            - {name: approval, properties: {pass: manual, warning: manual}}
            - name: je-deployment
YAML
cat >job.yaml <<'YAML'
apiVersion: v2
actions:
  - name: deploy
    events: [{name: sh.keptn.event.je-deployment.triggered}]
    tasks: [{name: deploy, cmd: [echo, deployed]}]
YAML
deliver() { "${real[@]}" trigger delivery --project=fulltour --service="$1" --image="ghcr.io/podtato-head/$1:$2" --labels="version=$2"; }
{
    "${real[@]}" create project fulltour --shipyard=shipyard.yaml
    "${real[@]}" create service helloservice --project=fulltour
    "${real[@]}" create service podtato --project=fulltour
    "${real[@]}" add-resource --project=fulltour --stage=production --resource=job.yaml --resourceUri=job/config.yaml
    deliver helloservice v0.1.0
    "${real[@]}" watch --until=waiting --watch-time=20
    "${real[@]}" approve "$("${real[@]}" list waiting -o ndjson | sed -n 's/.*"keptnContext":"\([^"]*\)".*/\1/p')" --yes
    sleep 2
    deliver helloservice v0.1.1
    deliver podtato v0.3.0
    sleep 1
} >"$work/commands" 2>&1 || { cat "$work/commands" >&2; exit 1; }
printf 'undo-window: 30s\n' >"$work/undo.yaml"
shot 80x24 undo -k "until:2 waiting@20" -k wait:0.8 -k text:a -k wait:0.9 -k 'text:\r' -k wait:0.5 -- "${real[@]}" --config "$work/undo.yaml"
size=80x24 s=$out/first
/usr/bin/python3 "$TERMSHOT" -s "$size" \
    -k "until:2 waiting@20" -k wait:0.8 -k "shot:$s-1-start-$size.png" \
    -k "text:2" -k wait:0.5 -k "shot:$s-2-waiting-$size.png" \
    -k 'text:\r' -k wait:0.5 -k "shot:$s-3-detail-$size.png" \
    -k "text:a" -k wait:0.8 -k "shot:$s-4-approve-$size.png" \
    -k 'text:\r' -k "until:v0.1.1 delivered@20" -k wait:0.8 -k "shot:$s-5-delivered-$size.png" \
    -k "text:n" -k wait:0.5 -k "text:D" -k wait:0.8 -k "text:the hat is missing" -k wait:0.3 -k "shot:$s-6-decline-$size.png" \
    -k 'text:\r' -k "until:nothing waiting@20" -k wait:0.5 \
    -k "text:5" -k wait:0.5 -k "shot:$s-7-decided-$size.png" \
    -k "text:/service:helloservice" -k wait:0.3 -k 'text:\r' -k wait:0.5 -k "shot:$s-8-filter-$size.png" \
    -- "${real[@]}"

# --- inside other terminals ---
mkdir -m 700 "$work/screens"
export TMUX_TMPDIR=$work SCREENDIR=$work/screens LC_ALL=C.UTF-8
terminal() { shot 80x24 "$1" -k "until:waiting@20" -k wait:1 "${@:2}"; }
terminal tmux -- tmux -L pictures -f /dev/null new-session "bash -c \"$(driver "")\""
tmux -L pictures kill-server
terminal screen -- screen -c /dev/null bash -c "$(driver "")"
terminal linux -t linux -- bash -c "$(driver "")"
PICTURES=$out top_builddir=$build bash "$top/tests/view/terminals_test.sh"

# --- fewer colours, smaller files ---
if [ -x /usr/bin/convert ]; then
    for picture in "$out"/*.png; do /usr/bin/convert "$picture" +dither -colors 64 -strip "$picture"; done
fi
