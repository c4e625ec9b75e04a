#!/usr/bin/env bash
# Builds the npm packages, the Debian package and the wheel around the program of the profile `dist`, or that of $PROFILE, installs
# each into a clean place, and runs `stockade check` from there.
#   cargo build --profile dist -p stockade && bash packaging/test.sh
# Takes npm, python3 with venv, and `cargo install cargo-deb`; what is missing is skipped, and said.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
profile=${PROFILE:-dist}
program=${CARGO_TARGET_DIR:-$root/target}/$profile/stockade
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.tf" <<'HCL'
resource "aws_sqs_queue" "q" {
  sqs_managed_sse_enabled = false
}
HCL
finds() {
    local status=0
    "$@" check "$folder/main.tf" > "$folder/out" || status=$?
    if [ "$status" = 1 ] && grep -q aws-sqs-queue-unencrypted "$folder/out"; then
        echo "ok: $*"
    else
        echo "FAIL: $* ended with $status"
        cat "$folder/out"
        exit 1
    fi
}

if command -v npm > /dev/null; then
    node "$root/packaging/npm/pack.mjs" "$folder/npm" "linux-x64=$program" > /dev/null
    mkdir "$folder/project"
    (cd "$folder/project" && npm install --silent --no-audit --no-fund "$folder"/npm/*.tgz)
    cd "$folder/project" && finds npx stockade && cd "$root"
else
    echo "skipped: npm is not installed"
fi

if cargo deb --version > /dev/null 2>&1; then
    cargo deb --quiet --no-build --no-strip --profile "$profile" -p stockade --manifest-path "$root/server/cli/Cargo.toml" -o "$folder/stockade.deb"
    dpkg-deb -x "$folder/stockade.deb" "$folder/deb"
    finds "$folder/deb/usr/bin/stockade"
else
    echo "skipped: cargo install cargo-deb"
fi

python3 -m venv "$folder/build"
"$folder/build/bin/pip" install -q maturin
(cd "$root/packaging/python" && "$folder/build/bin/maturin" build --quiet --profile "$profile" --out "$folder/wheels")
python3 -m venv "$folder/clean"
"$folder/clean/bin/pip" install -q --no-index "$folder"/wheels/*.whl
finds "$folder/clean/bin/stockade"
