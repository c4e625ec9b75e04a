# Sourced. Drives a terminal program in a tmux server of its own, and reads its screen.
tmux="tmux -L stockade$$ -f /dev/null"
passed=0
failed=0

screen_start() {
    $tmux new-session -d -x 120 -y 30 -s t "$1"
    trap '$tmux kill-server 2>/dev/null || true; rm -rf "${folder:?}"' EXIT
}
screen() { $tmux capture-pane -p -t t; }
keys() { $tmux send-keys -t t "$@"; }
pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAIL $1"
    screen
}
# Waits until the screen shows a text; a program that hangs fails after half a minute.
sees() {
    for _ in $(seq 300); do
        screen | grep -qF -- "$1" && { pass; return 0; }
        sleep 0.1
    done
    fail "does not show: $1"
    return 1
}
gone() {
    for _ in $(seq 300); do
        screen | grep -qF -- "$1" || { pass; return 0; }
        sleep 0.1
    done
    fail "still shows: $1"
    return 1
}
screen_end() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
