#!/usr/bin/env bash
# What counting instructions takes, where it is missing: valgrind, and gungraun's runner in the version that Cargo.lock pins (its halves must be of
# one version). The runner only reads what valgrind writes: it is built as quickly as can be.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v valgrind > /dev/null ||
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends valgrind > /dev/null; }

version=$(grep -A1 '^name = "gungraun-runner"' Cargo.lock | grep -oE '[0-9]+\.[0-9]+\.[0-9]+')
[ "$(gungraun-runner --version 2> /dev/null)" = "gungraun-runner $version" ] ||
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off cargo install --quiet --locked --version "$version" gungraun-runner
