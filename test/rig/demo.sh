#!/usr/bin/env bash
# The main job on a real example: applies it on a real engine, starts it, scores a request, cleans up. `npm run demo`.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" != inside ]; then
  . test/rig/install-packages.sh
  npm run --silent build
  exec bash test/rig/with-rig.sh --only engine,images bash test/rig/demo.sh inside
fi

bold='' plain=''
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain" >&2; }
mlpackage() {
  say "mlpackage $*"
  node dist/mlpackage.js -C fixtures/examples/diabetes "$@"
}

trap 'node dist/mlpackage.js -C fixtures/examples/diabetes --quiet stop 2>/dev/null || true' EXIT
mlpackage apply --no-frozen
mlpackage run --detach --port 0
mlpackage score --data '{"data": [[1,2,3,4,5,6,7,8,9,10], [10,9,8,7,6,5,4,3,2,1]]}'
mlpackage stop
