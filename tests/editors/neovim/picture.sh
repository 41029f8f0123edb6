#!/bin/bash
# Takes a picture of the plugin at work, for the README: Neovim in tmux, its pane drawn by Chromium.
# usage: picture.sh NVIM REPOSITORY FILE TEXT COMMAND WAIT_FOR OUT.png
#   goes to TEXT in FILE, runs the Ex command COMMAND when the server is ready, waits until the screen shows WAIT_FOR
# The store, the engine and the server (SERVER) are those of the environment.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
nvim=$1 repository=$2 file=$3 text=$4 command=$5 wait_for=$6 out=$7
work=$(mktemp -d)
tmux="tmux -S $work/socket"
editor=
stop() {
  [ -z "$editor" ] || kill "$editor" 2> /dev/null || true
  $tmux kill-server 2> /dev/null || true
  rm -rf "$work"
}
trap stop EXIT

cat > "$work/init.lua" << END
vim.opt.runtimepath:prepend("$root/extension/neovim")
vim.opt.termguicolors, vim.opt.swapfile, vim.opt.ruler, vim.opt.showcmd = true, false, false, false
vim.opt.shortmess:append("I")
vim.opt.number = true
if vim.fn.exists("+winborder") == 1 then vim.opt.winborder = "rounded" end
vim.opt.statusline = " %f %= forethought: %{v:lua.require'forethought'.status()} "
require("forethought").setup({ cmd = "${SERVER:-$root/.venv/bin/forethought}" })
END
cat > "$work/tmux.conf" << 'END'
set -g default-terminal "tmux-256color"
set -ga terminal-overrides ",*:Tc"
set -g status off
END
export LANG=C.UTF-8 XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache
# Two processes, since a Neovim that was started through a loader of its own cannot start itself again.
(cd "$repository" && exec "$nvim" --headless --listen "$work/editor" -i NONE -u "$work/init.lua" "+call search('\\V$text')" "$file") \
  > "$work/editor.log" 2>&1 < /dev/null &
editor=$!
for _ in $(seq 100); do [ ! -S "$work/editor" ] || break; sleep 0.1; done
$tmux -f "$work/tmux.conf" -u new-session -d -x 100 -y "${ROWS:-30}" "$nvim" --remote-ui --server "$work/editor"

screen_shows() { # TEXT: within a minute, unless Neovim ends
  for _ in $(seq 600); do
    $tmux capture-pane -p 2> "$work/log" | grep -qF -- "$1" && return
    $tmux has-session 2> "$work/log" || break
    sleep 0.1
  done
  echo "the screen never showed “$1”:" >&2
  $tmux capture-pane -p >&2
  return 1
}
screen_shows "forethought: idle"
$tmux send-keys Escape ":$command" Enter
screen_shows "$wait_for"
$tmux send-keys C-l
screen_shows "$wait_for"
$tmux capture-pane -e -p > "$work/pane"
"$root/.venv/bin/python" "$here/draw_pane.py" < "$work/pane" > "$work/pane.html"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1.25 \
  --user-data-dir="$work/chromium" --window-size="$(sed -n 's/.*data-size="\([0-9,]*\)".*/\1/p' "$work/pane.html")" \
  --screenshot="$out" "file://$work/pane.html" > "$work/chromium.log" 2>&1 || { cat "$work/chromium.log" >&2; exit 1; }
