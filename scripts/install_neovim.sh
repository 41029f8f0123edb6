#!/bin/bash
# Installs Neovim out of a suite of Debian's archive, without touching the system's own packages.
# usage: install_neovim.sh DIR [SUITE]     trixie (the default): 0.10.4; sid: newer.  Writes DIR/nvim; does nothing when it is there.
set -euo pipefail

dir=$(mkdir -p "$1" && cd "$1" && pwd)
suite=${2:-trixie}
if [ -x "$dir/nvim" ] && "$dir/nvim" --version > /dev/null 2>&1; then
  "$dir/nvim" --version | head -1
  exit 0
fi
command -v apt-get > /dev/null || { echo "$0 takes Neovim out of Debian's archive and needs apt-get; set NVIM to a Neovim of yours." >&2; exit 1; }

apt=$dir/apt
rm -rf "$apt" "$dir/root"
mkdir -p "$apt"/{lists/partial,cache/archives/partial,state}
: > "$apt/state/status" # as if nothing were installed: every library comes along, and the system's are not used
site=$(apt-get indextargets --format '$(SITE)' | grep -v security | head -1)
cat > "$apt/archive.sources" << END
Types: deb
URIs: $site
Suites: $suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
cat > "$apt/conf" << END
Dir::Etc::sourcelist "$apt/archive.sources";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Acquire::Retries "3";
END
export APT_CONFIG=$apt/conf
apt-get -qq update
apt-get -qq install -y --download-only --no-install-recommends neovim
for package in "$apt"/cache/archives/*.deb; do dpkg -x "$package" "$dir/root"; done
rm -rf "$apt"

# The archive's own loader and libraries, since the system's may be older.
cat > "$dir/nvim" << END
#!/bin/sh
root=$dir/root
libraries=\$(echo "\$root"/usr/lib/*-linux-gnu*)
loader=\$(ls "\$root"/usr/lib/*-linux-gnu*/ld-linux-*.so.* "\$root"/lib*/ld-linux-*.so.* 2> /dev/null | head -1)
export VIMRUNTIME=\$root/usr/share/nvim/runtime
# Its parsers lie where it was built for.
exec "\$loader" --library-path "\$libraries:\$root/lib/\${libraries##*/}" --argv0 nvim "\$root/usr/bin/nvim" \\
  --cmd "set runtimepath+=\$root/usr/lib/nvim" "\$@"
END
chmod +x "$dir/nvim"
"$dir/nvim" --version | head -1
