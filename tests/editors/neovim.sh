#!/usr/bin/env bash
# Opens a file in a real Neovim with our configuration: finding, fix, undo, hover; then on a screen. Needs tmux.
#   bash tests/editors/install.sh neovim && cargo build -p stockade && bash tests/editors/neovim.sh [nvim]
# Neovim 0.11 or newer.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/editors/editors.sh"
nvim=${1:-$neovim/bin/nvim}
needs tmux "$nvim"
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

# The same on a screen, as README.md beside the configuration sets it up.
. "$root/tests/editors/screen.sh"
mkdir -p "$folder/nvim/lsp"
cp "$root/editors/neovim/lsp/stockade.lua" "$folder/nvim/lsp/"
cat > "$folder/nvim/init.lua" <<'LUA'
vim.filetype.add({ extension = { tf = 'terraform', tofu = 'terraform' } })
vim.lsp.enable('stockade')
vim.diagnostic.config({ virtual_text = true })
LUA
screen_start "env TERM=xterm-256color PATH=$PATH XDG_CONFIG_HOME=$folder XDG_STATE_HOME=$folder XDG_DATA_HOME=$folder XDG_CACHE_HOME=$folder $nvim $folder/project/main.tf"
sees '`sqs_managed_sse_enabled` is'
screen > "${SHOTS:-$folder}/neovim.txt"
keys '3' 'G'
keys 'g' 'r' 'a'
sees 'Set sqs_managed_sse_enabled = true'
keys '1' Enter
sees 'sqs_managed_sse_enabled = true'
gone '`sqs_managed_sse_enabled` is'
screen_end
