#!/usr/bin/env bash
# A real Kate with our settings.json under Xvfb: findings while typing, as the server and Kate tell each other. Not one of the tests:
# Kate is 160 packages, and its 22.12 has no mode "Terraform", so that the test brings one.
#   bash tests/editors/install.sh kate && cargo build -p stockade && bash tests/editors/kate.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/editors/editors.sh"
needs kate Xvfb xdotool dbus-run-session
stockade=${STOCKADE_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug}/stockade
folder=$(mktemp -d)
mkdir -p "$folder"/{bin,project,run} "$folder/.config/kate/lspclient" "$folder/.local/share/org.kde.syntax-highlighting/syntax"
chmod 700 "$folder/run"
cp "$root/editors/kate/settings.json" "$folder/.config/kate/lspclient/"
printf '#!/bin/sh\n%s "$@" 2> /dev/null | tee "%s/said"\n' "$stockade" "$folder" > "$folder/bin/stockade"
chmod +x "$folder/bin/stockade"
# The question whether the program may be started is answered already.
cat > "$folder/.config/katerc" <<INI
[Kate Plugins]
lspclientplugin=true
[lspclient]
AllowedServerCommandLines=$folder/bin/stockade lsp
[General]
Show welcome view for new window=false
INI
cat > "$folder/.local/share/org.kde.syntax-highlighting/syntax/terraform.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE language>
<language name="Terraform" version="1" kateversion="5.0" section="Sources" extensions="*.tf;*.tofu">
  <highlighting>
    <contexts><context name="all" attribute="text" lineEndContext="#stay"/></contexts>
    <itemDatas><itemData name="text" defStyleNum="dsNormal"/></itemDatas>
  </highlighting>
</language>
XML
printf 'resource "aws_kms_key" "orders" {\n  enable_key_rotation = false' > "$folder/project/main.tf"

Xvfb -displayfd 1 -screen 0 1280x800x24 > "$folder/display" 2> /dev/null &
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$folder"' EXIT
until [ -s "$folder/display" ]; do sleep 0.1; done
export DISPLAY=:$(cat "$folder/display") HOME=$folder XDG_RUNTIME_DIR=$folder/run PATH=$folder/bin:$PATH
dbus-run-session kate -n "$folder/project/main.tf" > /dev/null 2>&1 &

# Waits until the last publication says this.
published() {
    local _ last
    for _ in $(seq 300); do
        last=$(sed 's/Content-Length/\n&/g' "$folder/said" 2> /dev/null | grep -a publishDiagnostics | tail -1 || true)
        case $last in *"$1"*) return ;; esac
        sleep 0.1
    done
    echo "kate: the last publication, $last, does not say $1" >&2
    exit 1
}

published '"diagnostics":[]'
xdotool search --sync --onlyvisible --class kate windowfocus --sync key --delay 50 Down End Return type --delay 50 '}'
published aws-kms-key-without-rotation
xdotool key --delay 50 Up End BackSpace BackSpace BackSpace BackSpace BackSpace type --delay 50 true
published '"diagnostics":[]'
xdotool key --delay 50 --repeat 2 ctrl+z
published aws-kms-key-without-rotation
[ -n "${SHOTS:-}" ] && sleep 2 && scrot -o "$SHOTS/kate.png"
echo "kate: findings come and go while typing"
