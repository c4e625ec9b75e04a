#!/usr/bin/env bash
# A real Emacs with eglot and our stockade.el: finding, fix, typing, saved file.
#   bash tests/editors/install.sh emacs && cargo build -p stockade && bash tests/editors/emacs.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/editors/editors.sh"
needs emacs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.tf" <<'HCL'
resource "aws_kms_key" "orders" {
  enable_key_rotation = false
}
HCL
export PATH=${STOCKADE_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug}:$PATH
export STOCKADE_FILE=$folder/main.tf STOCKADE_EDITORS_FOLDER=$root/editors HOME=$folder
timeout 120 emacs -q --batch -l "$root/tests/editors/emacs.el"
