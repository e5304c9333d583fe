#!/usr/bin/env bash
# All tests, from a bare clone on: `npm test`. The last line is `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/rig/install-packages.sh

work=$(mktemp -d)
# Ctrl-C reaches the background by itself only where it has a terminal.
trap '[ -z "$(jobs -pr)" ] || kill $(jobs -pr) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Each with a rig of its own, and each file by whoever is free first.
run_e2e() {
  exec bash test/rig/with-rig.sh npx --no-install tsx test/run.ts e2e --share "$work" "$@"
}

status=0
results=("$work/fast" "$work/first")
npm run --silent build
npx --no-install tsx test/run.ts fast "$@" | tee "$work/fast" || status=1
# An engine of the user's own is one for all. Once alone: what the machine lacks is installed then.
if ! docker version >/dev/null 2>&1 && bash test/rig/with-rig.sh true; then
  RIG_HOME=${RIG_HOME:-/tmp/mlpackage-rig-$$}-2 run_e2e "$@" >"$work/second" &
  results+=("$work/second")
fi
run_e2e "$@" | tee "$work/first" || status=1
if [ "${#results[@]}" = 3 ]; then
  wait "$!" || status=1
  cat "$work/second"
fi

# One line for all of them.
awk -v seen="${#results[@]}" '/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; seen -= 1 }
  END { if (seen > 0) failed += 1; print passed + 0 " passed, " failed + 0 " failed" }' "${results[@]}"
exit "$status"
