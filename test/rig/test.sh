#!/usr/bin/env bash
# All tests, from a bare clone on: `npm test`. The last line is `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/rig/install-packages.sh

results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
npm run --silent build
npx --no-install tsx test/run.ts fast "$@" | tee "$results" || status=1
bash test/rig/with-rig.sh npx --no-install tsx test/run.ts e2e "$@" | tee -a "$results" || status=1

# One line for both suites.
awk '/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; seen += 1 }
  END { if (seen < 2) failed += 1; print passed + 0 " passed, " failed + 0 " failed" }' "$results"
exit "$status"
