#!/usr/bin/env bash
# A real Helix with our languages.toml: findings while typing, a fix, the file that is saved.
#   bash tests/editors/install.sh helix && cargo build -p stockade && bash tests/editors/helix.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/editors/editors.sh"
hx=$helix/root
needs tmux "$hx/usr/lib/hx/hx"
folder=$(mktemp -d)
mkdir -p "$folder/config/helix" "$folder/project"
cp "$root/editors/helix/languages.toml" "$folder/config/helix/"
cat > "$folder/config/helix/config.toml" <<'TOML'
[editor]
end-of-line-diagnostics = "hint"

[editor.inline-diagnostics]
cursor-line = "hint"
TOML
cat > "$folder/project/main.tf" <<'HCL'
resource "aws_kms_key" "orders" {
  enable_key_rotation = false
}
HCL
. "$root/tests/editors/screen.sh"
# Of a newer Debian: started by its own loader.
lib=$hx/usr/lib/x86_64-linux-gnu
screen_start "env TERM=xterm-256color PATH=${STOCKADE_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug}:$PATH XDG_CONFIG_HOME=$folder/config XDG_CACHE_HOME=$folder/cache HELIX_RUNTIME=$hx/usr/lib/hx/runtime $lib/ld-linux-x86-64.so.2 --library-path $lib $hx/usr/lib/hx/hx $folder/project/main.tf"
sees 'enable_key_rotation` is false'
screen > "${SHOTS:-$folder}/helix.txt"
keys ']' d
keys Space a
sees 'Set enable_key_rotation = true'
keys Enter
sees 'enable_key_rotation = true'
gone 'is false'
# Edited, not saved. (Keys that come faster than anybody types are sent out of order by Helix 25.01.)
keys u
sees 'enable_key_rotation` is false'
keys U
gone 'is false'
keys ':'
keys -l 'wq'
keys Enter
for _ in $(seq 100); do
    grep -q 'rotation = true' "$folder/project/main.tf" && break
    sleep 0.1
done
if grep -q 'rotation = true' "$folder/project/main.tf"; then pass; else fail 'the fix is not saved'; fi
screen_end
