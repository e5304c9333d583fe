#!/usr/bin/env bash
# rig.sh up|down|status|env: the whole rig, kept up until it is told to go. For one command, see with-rig.sh.
#   bash test/rig/rig.sh up && eval "$(bash test/rig/rig.sh env)"
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/rig-leases.sh"

up() {
  open_rig_home
  # First, so that a with-rig.sh that ends meanwhile leaves it up.
  : >"$RIG_HOME/kept"
  bring_up engine registries images
}

down() {
  [ -e "$RIG_HOME/.mlpackage-rig" ] || return 0
  rm -f "$RIG_HOME/kept"
  if [ "${1:-}" != --force ] && leases_are_held; then
    say "still in use by with-rig.sh, and goes down with that; --force does not wait"
  else
    bring_down
  fi
}

status() {
  local part
  for part in engine registry base-images; do
    if bash "$rig_scripts/$part.sh" answers 2>/dev/null; then echo "$part: up"; else echo "$part: down"; fi
  done
  echo "RIG_HOME: $RIG_HOME"
}

environment() {
  bash "$rig_scripts/engine.sh" answers || fail 'the rig is not up: run rig.sh up'
  rig_environment
}

case ${1:-} in
  up | down) lock_rig; "$@" ;;
  status) status ;;
  env) environment ;;
  *) fail 'usage: rig.sh up|down [--force]|status|env' ;;
esac
