#!/bin/bash
# Starts code-server on the loopback interface with one extension installed, and waits until it answers.
# usage: start_code_server.sh DIR PORT DATA VSIX    prints a process-group id; stop it with: kill -- -ID
# Settings of User scope go into DATA/User/settings.json beforehand, those of machine scope into DATA/Machine/settings.json.
# TRUST=workspace keeps workspace trust on; without it every workspace is trusted.
set -euo pipefail

folder=$1 port=$2 data=$3 vsix=$4
trust=()
[ "${TRUST:-}" = workspace ] || trust=(--disable-workspace-trust)

# --config keeps it from writing into the home folder.
run=("$folder/node_modules/.bin/code-server" --config "$data/config.yaml" --user-data-dir "$data" --extensions-dir "$data/extensions")
"${run[@]}" --install-extension "$vsix" > "$data/install.log" 2>&1 || { cat "$data/install.log" >&2; exit 1; }
setsid "${run[@]}" --bind-addr "127.0.0.1:$port" --auth none --disable-telemetry --disable-update-check \
  --disable-getting-started-override "${trust[@]}" > "$data/server.log" 2>&1 < /dev/null &
group=$!
for _ in $(seq 240); do
  if curl -fsS "http://127.0.0.1:$port/healthz" > /dev/null 2>&1; then echo "$group"; exit 0; fi
  kill -0 "$group" 2> /dev/null || break
  sleep 0.25
done
echo "code-server did not come up on port $port:" >&2
tail -20 "$data/server.log" >&2
kill -- "-$group" 2> /dev/null || true
exit 1
