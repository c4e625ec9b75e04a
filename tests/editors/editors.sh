# Sourced. Which editors are tested, and where all but Debian's own are: below $STOCKADE_EDITORS, by version.
editors=${STOCKADE_EDITORS:-$HOME/.cache/stockade-editors}
code_server=$editors/code-server-4.139.1
neovim=$editors/neovim-0.11.4
helix=$editors/helix

# Ends the test, as one that was skipped, where something that it needs is not there.
needs() {
    for needed; do
        if ! command -v "$needed" > /dev/null; then
            echo "there is no $needed (bash tests/editors/install.sh)"
            exit 77
        fi
    done
}
