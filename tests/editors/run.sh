#!/usr/bin/env bash
# Installs the editors and runs their tests, with the program that `cargo build` or `cargo test --workspace` has built.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${STOCKADE_EDITORS:-$HOME/.cache/stockade-editors}

step() {
    local start=$SECONDS
    echo "== $*"
    "$@"
    echo "== took $((SECONDS - start)) s"
}

# The tests' own program is the same one, and is there after `cargo test`.
built=${CARGO_TARGET_DIR:-$PWD/target}/debug
STOCKADE_BIN=$(mktemp -d)
trap 'rm -rf "$STOCKADE_BIN"' EXIT
export STOCKADE_BIN
if [ -x "$built/stockade-under-test" ]; then
    cp "$built/stockade-under-test" "$STOCKADE_BIN/stockade"
else
    cp "$built/stockade" "$STOCKADE_BIN/stockade"
fi

if ! command -v npm > /dev/null || ! command -v python3 > /dev/null; then
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends npm nodejs python3-venv > /dev/null
fi
step bash tests/editors/install.sh neovim helix emacs vscode
step bash tests/editors/neovim.sh "$cache/neovim-0.11.4/bin/nvim"
step bash tests/editors/helix.sh
step bash tests/editors/emacs.sh
step env CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/zed" cargo check --quiet --manifest-path editors/zed/Cargo.toml
step bash tests/editors/vscode.sh
