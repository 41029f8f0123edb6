#!/bin/bash
# Tests the Neovim plugin in the real editor: Neovim 0.10, and a newer one where the archive has it.
# usage: tests/editors/neovim/run.sh           the editors are kept in .test-editors/
#   SERVER=…    the forethought program to test; default .venv/bin/forethought
#   NVIM=…      test with this Neovim only
# Ends with the line “N passed, M failed”; its exit status is 0 when nothing failed.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tests/editors/neovim
tools=$root/.test-editors
server=${SERVER:-$root/.venv/bin/forethought}
[ -x "$server" ] || { echo "$server is not there; run “make test” first, or set SERVER." >&2; exit 1; }
command -v pgrep > /dev/null || { echo "pgrep is needed (on Debian and Ubuntu: install procps)." >&2; exit 1; }

if [ -n "${NVIM:-}" ]; then
  editors=("$NVIM")
else
  "$root/scripts/install_neovim.sh" "$tools/neovim-trixie" trixie > /dev/null
  editors=("$tools/neovim-trixie/nvim")
  if timeout 180 "$root/scripts/install_neovim.sh" "$tools/neovim-sid" sid > "$tools/neovim-sid.log" 2>&1; then
    editors+=("$tools/neovim-sid/nvim")
  else
    echo "left out: a newer Neovim could not be installed ($tools/neovim-sid.log)"
  fi
fi

work=$(mktemp -d)
running=
stop_engine() { # FOLDER: the engine host outlives its server on purpose
  [ ! -d "$1/runtime" ] || FORETHOUGHT_RUNTIME_DIR=$1/runtime FORETHOUGHT_CACHE_DIR=$1/cache "$server" engine stop > /dev/null
}
stop() {
  [ -z "$running" ] || kill -TERM -- "-$running" 2> /dev/null || true
  for folder in "$work"/*/; do stop_engine "$folder" || true; done
  rm -rf "$work"
}
trap stop EXIT
passed=0 failed=0

count() { # NAME STATUS [REASON]
  if [ "$2" = 0 ]; then passed=$((passed + 1)); echo "  ok $1"; else failed=$((failed + 1)); echo "  not ok $1${3:+: $3}"; fi
}

# Everything that Neovim and the server keep lies in the group's folder. The group of processes is ended afterwards,
# so that a test that hangs leaves nothing behind.
run_group() { # NVIM GROUP SETUP [NAME=VALUE…]
  local nvim=$1 group=$2 setup=$3 folder
  shift 3
  folder=$(mktemp -d "$work/$group.XXXX")
  mkdir -p "$folder/home"
  "$here/sample.sh" "$folder/sample"
  touch "$folder/report" "$folder/scripted.log"
  set -m
  env -i HOME="$folder/home" PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TERM=dumb \
    XDG_CONFIG_HOME="$folder/xdg/config" XDG_DATA_HOME="$folder/xdg/data" XDG_STATE_HOME="$folder/xdg/state" \
    XDG_CACHE_HOME="$folder/xdg/cache" XDG_RUNTIME_DIR="$folder/xdg" \
    FORETHOUGHT_CACHE_DIR="$folder/cache" FORETHOUGHT_RUNTIME_DIR="$folder/runtime" FORETHOUGHT_ENGINE=none \
    PLUGIN="$root/extension/neovim" GROUP="$group" SETUP="$setup" SAMPLE="$folder/sample" REPORT="$folder/report" \
    SCRIPTED_LOG="$folder/scripted.log" "$@" \
    timeout 240 "$nvim" --headless -i NONE -u "$here/init.lua" -c "luafile $here/test.lua" -c "cquit! 3" \
    > "$folder/output" 2>&1 < /dev/null &
  running=$!
  set +m
  status=0
  wait "$running" || status=$?
  kill -TERM -- "-$running" 2> /dev/null || true
  running=
  stop_engine "$folder"
  report=$folder/report output=$folder/output
}

take_report() { # NVIM GROUP SETUP [NAME=VALUE…]: run a group; each of its tests counts
  run_group "$@"
  while IFS= read -r line; do
    case $line in
      "ok "*) count "${line#ok }" 0 ;;
      "not ok "*) count "${line#not ok }" 1 ;;
    esac
  done < "$report"
  if [ "$status" != 0 ] && ! grep -q '^not ok' "$report"; then
    count "the group $2" 1 "Neovim left with status $status"
  fi
  [ "$status" = 0 ] || tail -20 "$output" >&2
}

real="{ cmd = '$server' }"
engine="{ cmd = '$server', settings = {
  engine = 'openai', openai = { baseUrl = 'http://127.0.0.1:9', model = 'none' }, idle = { delaySeconds = 3600 } } }"
scripted="{ cmd = { 'python3', '$root/tests/editors/vscode/scripted_server.py' } }"
for nvim in "${editors[@]}"; do
  "$nvim" --version | head -1
  take_report "$nvim" real "$real"
  take_report "$nvim" engine "$engine" FORETHOUGHT_ENGINE=
  take_report "$nvim" scripted "$scripted"
  take_report "$nvim" missing "{ cmd = '$work/nowhere/forethought' }"
  take_report "$nvim" missing "{}"
  take_report "$nvim" workspace "{ use_workspace_environment = true }"

  # The negative control: what the hover's test asks for must not be there without Forethought's server.
  run_group "$nvim" hover "$scripted" TIMEOUT=3000
  grep -q "^not ok K on a name.*in vain for the hover's window" "$report" && [ "$status" = 1 ] && control=0 || control=1
  count "the hover's test fails against a server that knows nothing" "$control" "$(cat "$report")"
done

left=$(pgrep -f "$work" || true)
count "no process is left" "$([ -z "$left" ] && echo 0 || echo 1)" "$left"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
