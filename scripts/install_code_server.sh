#!/bin/bash
# Installs code-server (real VS Code, in a browser) from registry packages only. About 80 s and 310 MB; nothing to do the second time.
# usage: install_code_server.sh DIR [VERSION]     writes DIR/node_modules/.bin/code-server
# needs: node 20, npm, g++, make, python3 and
#        apt-get install -y ripgrep libkrb5-dev libsecret-1-dev libx11-dev libxkbfile-dev pkg-config
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
version=${2:-4.100.3}
stamp=$folder/installed-$version
if [ -f "$stamp" ]; then exit 0; fi

cd "$folder"
mkdir -p tmp
export TMPDIR=$folder/tmp
[ -f package.json ] || echo '{"private":true}' > package.json
npm install --no-audit --no-fund --loglevel=error node-gyp@12.4.0
# Native modules are built against the system's node headers, where it has them, instead of a download.
if [ -f /usr/include/node/node.h ]; then export npm_config_nodedir=/usr; fi
export npm_config_unsafe_perm=true

# @vscode/ripgrep's install script would download a binary: its cache is seeded with the system's rg.
npm pack --silent "code-server@$version" > /dev/null
ripgrep=$(tar xzOf "code-server-$version.tgz" package/lib/vscode/npm-shrinkwrap.json |
  node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).packages["node_modules/@vscode/ripgrep"].version')
npm pack --silent "@vscode/ripgrep@$ripgrep" > /dev/null
tag=$(tar xzOf "vscode-ripgrep-$ripgrep.tgz" package/lib/postinstall.js | grep -oP "^const VERSION = '\K[^']+")
cache=$TMPDIR/vscode-ripgrep-cache-$ripgrep
mkdir -p "$cache"
case $(uname -m) in
  aarch64 | arm64) target=aarch64-unknown-linux-musl ;;
  *) target=x86_64-unknown-linux-musl ;;
esac
tar czf "$cache/ripgrep-$tag-$target.tar.gz" -C "$(dirname "$(readlink -f "$(command -v rg)")")" rg

npm install --no-audit --no-fund --foreground-scripts "code-server@$version"
rm -f ./*.tgz
touch "$stamp"
