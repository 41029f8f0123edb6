#!/bin/bash
# Tests the VS Code extension in the real editor (code-server, driven by Chromium): the whole set-up included.
# usage: tests/editors/vscode/run.sh            tools are kept in .test-editors/, pictures are left in .test-editors/vscode/
#   SERVER=…       the forethought program to test; default .venv/bin/forethought
#   PICTURES=…     a folder to copy the pictures to, for the README
# Ends with the line “N passed, M failed”; its exit status is 0 when nothing failed.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tests/editors/vscode
tools=$root/.test-editors
pictures=${PICTURES:+$(cd "$PICTURES" && pwd)}
server=${SERVER:-$root/.venv/bin/forethought}
[ -x "$server" ] || { echo "$server is not there; run “make test” first, or set SERVER." >&2; exit 1; }

node=$(node -p 'process.versions.node.split(".")[0]' 2> /dev/null || true)
[ "$node" = 20 ] || { echo "Node 20 with npm is needed for the editor's test (found: ${node:-none})." >&2; exit 1; }
packages=(chromium ripgrep libkrb5-dev libsecret-1-dev libx11-dev libxkbfile-dev pkg-config fonts-dejavu-core g++ make python3)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null | grep -q '^ii' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get -qq update
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" > /dev/null
fi
mkdir -p "$tools"
"$root/scripts/install_code_server.sh" "$tools/code-server" > "$tools/code-server.log" 2>&1 ||
  { tail -30 "$tools/code-server.log" >&2; exit 1; }

# What npm has installed is kept while the lock file stays the same.
for folder in "$here" "$root/extension/vscode"; do
  [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] ||
    (cd "$folder" && npm ci --loglevel=error > /dev/null)
done
cd "$root/extension/vscode"
{ npm test && npm run package; } > "$tools/vsix.log" 2>&1 || { cat "$tools/vsix.log" >&2; exit 1; }
grep -E '^(# |ℹ )(pass|fail) ' "$tools/vsix.log" | sed 's/^/unit tests: /'

status=0
node "$here/test.mjs" "$server" "$root/extension/vscode/forethought.vsix" "$tools" "$tools/vscode" || status=$?
if [ -n "$pictures" ] && [ $status = 0 ]; then cp "$tools"/vscode/vscode-*.png "$pictures"; fi
exit $status
