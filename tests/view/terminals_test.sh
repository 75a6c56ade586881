#!/bin/bash
# The dashboard in terminals that people have: tmux, screen (inside of tmux, which tells its colours), and xterm on
# a virtual display. The row that waits is blue, the check mark opens the box, the mouse selects. TAP.
# PICTURES=DIR in the environment keeps pictures of xterm's screen there.
set -u
driver=${top_builddir:-.}/tests/view/view_driver
work=$(mktemp -d) || exit 1
export LC_ALL=C.UTF-8 TZ=UTC XDG_CONFIG_HOME=/nonexistent TMUX_TMPDIR=$work SCREENDIR=$work/screens HOME=$work
unset TMUX STY COLORTERM NO_COLOR COLUMNS LINES
mkdir -m 700 "$work/screens"
socket=drawbridge-$$
x_pid= xterm_pid=

clean() {
    tmux -L "$socket" kill-server 2>/dev/null
    [ -z "$xterm_pid" ] || kill "$xterm_pid" 2>/dev/null
    [ -z "$x_pid" ] || kill "$x_pid" 2>/dev/null
    rm -rf "$work"
}
trap clean EXIT

for tool in tmux screen xterm Xvfb xdotool xmodmap xwd; do
    command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done

# The driver wants a descriptor to be told things on, which never ends, and one to tell on.
cat >"$work/run" <<END
#!/bin/sh
mkfifo "$work/tell-\$\$"
exec 3<>"$work/tell-\$\$" 4>>"$work/heard" 2>>"$work/errors"
exec "$driver" --scene tour --context prod-eu --mouse --shell
END
chmod +x "$work/run"

number=0
check() { # check NAME COMMAND…
    number=$((number + 1))
    local name=$1
    shift
    if "$@"; then echo "ok $number - $name"; else
        echo "not ok $number - $name"
        pane | sed 's/^/# /'
    fi
}

pane() { tmux -L "$socket" capture-pane -p "$@" 2>/dev/null; }
keys() { tmux -L "$socket" send-keys -l "$1"; }

# shown REGEX [-e]: waits for a line of the pane.
shown() {
    local i
    for i in $(seq 150); do
        if pane "${@:2}" | grep -qE "$1"; then return 0; fi
        sleep 0.1
    done
    return 1
}

in_pane() { # in_pane WHAT COMMAND
    tmux -L "$socket" -f /dev/null new-session -d -x 80 -y 24 "$2" || return
    check "$1: the dashboard is drawn" shown '2 waiting 12m'
    check "$1: the row that waits is blue" shown $'\e\\[[0-9;]*4(4|8;5;26)[0-9;]*m.*v0\\.1\\.1.*approval' -e
    check "$1: the mouse is asked for" test "$(tmux -L "$socket" display -p '#{mouse_any_flag}')" = 1
    keys $'\e[<0;10;3M\e[<0;10;3m'
    check "$1: a click selects" shown '^▌.*fulltour'
    keys n
    keys ✅
    check "$1: the check mark opens the box" shown 'Approve helloservice v0.1.1 into production'
    keys $'\x03' # not Esc: screen keeps that for a while, and what comes with it then is Alt
    shown 'q quit|helloservice +v0.1.2'
    keys qq
    for _ in $(seq 100); do tmux -L "$socket" has-session 2>/dev/null || break; sleep 0.1; done
    check "$1: it ends" eval '! tmux -L "$socket" has-session 2>/dev/null'
}

echo 1..16
in_pane tmux "$work/run"
in_pane screen "TERM=screen screen -c /dev/null $work/run"

# xterm: what it shows is known by its pixels only.
blue_pixels() {
    xwd -root -silent -out "$work/shot.xwd" || return
    # A header of as many bytes as its first word says, 12 bytes a colour of the palette, then pixels.
    set -- $(od -An -tu4 --endian=big -j0 -N4 "$work/shot.xwd") $(od -An -tu4 --endian=big -j76 -N4 "$work/shot.xwd")
    od -An -v -tx4 -w4 -j $(($1 + 12 * $2)) "$work/shot.xwd" | grep -cE '(0000ee|005fd7)$'
}
is_blue() {
    local i
    for i in $(seq 150); do
        [ "$(blue_pixels)" -gt 3000 ] && return 0
        sleep 0.1
    done
    return 1
}
picture() { [ -z "${PICTURES-}" ] || import -window root -colors 32 "$PICTURES/$1"; }
changed() { # waits until the picture is another one
    local i
    for i in $(seq 100); do
        xwd -root -silent -out "$work/now.xwd"
        cmp -s "$work/now.xwd" "$work/before.xwd" || return 0
        sleep 0.1
    done
    return 1
}

Xvfb -displayfd 5 -screen 0 804x484x24 -nolisten tcp -noreset 5>"$work/display" 2>/dev/null &
x_pid=$!
for _ in $(seq 100); do [ -s "$work/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$work/display")
export DISPLAY
# A key of its own for the check mark: xdotool would borrow one and give it back, and a slow xterm then looks up the
# key when it is gone again. Without -noreset the server forgets it when xmodmap, its only client, leaves.
xmodmap -e 'keycode 247 = U2705'
xterm -tn xterm-256color -u8 -fa Monospace -fs 10 -geometry 80x24+0+0 -bg black -fg gray90 -e "$work/run" 2>/dev/null &
xterm_pid=$!
check "xterm: the row that waits is blue" is_blue
xdotool mousemove 300 300
sleep 0.5
picture xterm-80x24.png
xwd -root -silent -out "$work/before.xwd"
xdotool mousemove 100 62 click 1
check "xterm: a click changes what is selected" changed
sleep 0.5
xdotool key n
sleep 0.5
xwd -root -silent -out "$work/before.xwd"
xdotool key 247
check "xterm: the check mark opens the box" changed
sleep 0.5
picture xterm-box-80x24.png
check "nothing was decided, and no sanitiser had to say anything" eval '! grep -qs decide "$work/heard" && [ ! -s "$work/errors" ]'
