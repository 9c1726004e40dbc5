#!/bin/sh
# Puts a real Neovim >= 0.12 into a cache folder and prints the path of its launcher. Nothing is installed system-wide.
#
#   usage: tests/client/install_neovim.sh [FOLDER]        (default: .check/neovim beside pyproject.toml)
#
# Debian 12 has Neovim 0.7, and inline completion needs 0.12: a private apt state reads a newer suite from the mirror
# that this machine uses already, the packages are unpacked into FOLDER, and the launcher runs nvim with their own
# loader and C library. Safe to run again: a working launcher is kept. Needs apt-get and dpkg, not root.
set -eu

SUITES="${NEOVIM_SUITES:-forky sid}"
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
folder=${1:-$root/.check/neovim}
mkdir -p "$folder"
folder=$(CDPATH='' cd -- "$folder" && pwd)
launcher=$folder/nvim

say() { printf 'install_neovim: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

works() {
    version=$("$1" --version 2>/dev/null | sed -n '1s/^NVIM v//p')
    case $version in
        0.1[2-9]*|0.[2-9][0-9]*|[1-9]*) return 0 ;;
        *) return 1 ;;
    esac
}

if works "$launcher"; then printf '%s\n' "$launcher"; exit 0; fi
if system=$(command -v nvim) && works "$system"; then
    ln -sf "$system" "$launcher"; printf '%s\n' "$launcher"; exit 0
fi
command -v apt-get >/dev/null || fail "no Neovim >= 0.12 and no apt-get; install Neovim and set PYTHON_SLM_NVIM to it"

mirror() {  # the first http(s) URI of the Debian archive that this system is configured with
    cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        grep -v '^[[:space:]]*#' | grep -oE '(https?|mirror\+file)://?[^] ]+' | grep -v security | grep -E '/debian/?$' | head -n 1
}

archive=$(mirror) || true
archive=${archive:-http://deb.debian.org/debian}
state=$folder/apt
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/parts"
: > "$state/status"

apt() {
    apt-get -qq -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state/cache" -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts" \
        -o Dir::Etc::preferencesparts="$state/parts" -o Dir::Etc::preferences="$state/preferences" \
        -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 -o Acquire::Languages=none \
        -o Acquire::Retries=3 "$@" >&2
}

unpack() {  # a suite name → launcher, or failure
    say "fetching neovim from $archive $1 into $folder"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$archive" "$1" > "$state/sources.list"
    rm -rf "$folder/root" "$state/cache/archives"/*.deb
    apt update && apt install --download-only --no-install-recommends --yes neovim || return 1
    mkdir -p "$folder/root"
    for package in "$state/cache/archives"/*.deb; do dpkg -x "$package" "$folder/root" || return 1; done
    loader=$(find "$folder/root" -name 'ld-linux*.so.*' | head -n 1)
    libraries=$(find "$folder/root" -name '*.so*' -path '*/lib/*' -exec dirname {} \; | sort -u | tr '\n' ':')
    [ -n "$loader" ] || return 1
    printf '#!/bin/sh\nVIMRUNTIME="%s" exec "%s" --library-path "%s" "%s" "$@"\n' \
        "$folder/root/usr/share/nvim/runtime" "$loader" "$libraries" "$folder/root/usr/bin/nvim" > "$launcher"
    chmod +x "$launcher"
    works "$launcher"
}

for suite in $SUITES; do
    if unpack "$suite"; then
        rm -rf "$state"
        printf '%s\n' "$launcher"
        exit 0
    fi
    say "suite $suite did not give a Neovim >= 0.12"
done
fail "no Neovim >= 0.12 could be installed; install one and set PYTHON_SLM_NVIM to its path"
