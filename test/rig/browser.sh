#!/usr/bin/env bash
# Prints the path of a Chromium: the machine's own, else Debian's, installed, else the one that Playwright brings.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"

found() {
  local command
  for command in chromium google-chrome chromium-browser '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
    command -v "$command" && return
  done
  return 1
}

found && exit
if can_use_debian; then
  lock 6 browser
  install_missing chromium=chromium >&2
  found
else
  npx --no-install playwright-core install chromium-headless-shell >&2
  node -e 'console.log(require("playwright-core").chromium.executablePath())'
fi
