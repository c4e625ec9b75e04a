#!/usr/bin/env bash
# A real VS Code with the packed extension, in a headless Chromium; pictures go to $SHOTS.
#   bash tests/editors/install.sh vscode && cargo build -p stockade && bash tests/editors/vscode.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/editors/editors.sh"
needs npm chromium strip "$code_server/node_modules/.bin/code-server"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
built=${STOCKADE_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug}/stockade
extension=$root/editors/vscode
tests=$root/tests/editors/vscode

# Without what only debuggers read, as it is shipped.
strip -o "$folder/stockade" "$built"
(cd "$extension" && npm ci --ignore-scripts --no-audit --no-fund)
rm -f "$extension"/*.vsix
(cd "$extension" && npm run package -- linux-x64 "$folder/stockade")
mv "$extension"/*.vsix "$folder/stockade.vsix"

cp -r "$tests/other" "$folder/other"
(cd "$extension" && NODE_PATH=$extension/node_modules npx esbuild "$tests/other/extension.ts" --bundle --outfile="$folder/other/out/extension.js" \
    --external:vscode --format=cjs --platform=node --log-level=warning)
rm "$folder/other/extension.ts"
(cd "$folder/other" && "$extension/node_modules/.bin/vsce" package --no-dependencies --allow-missing-repository --skip-license -o "$folder/other.vsix")

(cd "$tests" && npm ci --ignore-scripts --no-audit --no-fund)
cd "$tests" && CODE_SERVER=$code_server VSIX=$folder/stockade.vsix OTHER_VSIX=$folder/other.vsix npm test
