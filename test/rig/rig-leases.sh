# Who uses the rig, and bringing all of it up and down. Several with-rig.sh may share one checkout's rig: each holds
# a lease, and the last one takes the rig down, unless `rig.sh up` said to keep it. A killed one's lease is void.
# shellcheck shell=bash

# `bring_up engine|registries|images…`; the caller holds the rig's lock.
bring_up() {
  local part
  for part in "$@"; do
    case $part in
      engine) bash "$rig_scripts/engine.sh" up ;;
      registries) bash "$rig_scripts/registry.sh" up ;;
      images) bash "$rig_scripts/base-images.sh" up ;;
      *) fail "no such part of the rig: $part" ;;
    esac
  done
}

bring_down() {
  local started had_engine=
  started=$(now_ms)
  [ ! -e "$RIG_HOME/engine" ] || had_engine=1
  remove_part leases
  bash "$rig_scripts/registry.sh" down
  bash "$rig_scripts/engine.sh" down
  [ -z "$had_engine" ] || say "down ($(seconds_since "$started"))"
}

rig_environment() {
  printf 'export RIG_HOME=%q RIG_PYTHON_IMAGE=%q\n' "$RIG_HOME" mlpackage-rig/python:bookworm
  cat "$RIG_HOME/engine/environment"
  [ ! -e "$RIG_HOME/registries/environment" ] || cat "$RIG_HOME/registries/environment"
}

take_lease() { mkdir -p "$RIG_HOME/leases" && : >"$RIG_HOME/leases/$$"; }
drop_lease() { rm -f "$RIG_HOME/leases/$$"; }

leases_are_held() {
  local lease pid
  [ -e "$RIG_HOME/.mlpackage-rig" ] || return 1
  for lease in "$RIG_HOME"/leases/*; do
    [ -e "$lease" ] || continue
    pid=${lease##*/}
    # Also the name: the pid of one that was killed may be another program's by now.
    if arguments_of "$pid" | grep -q 'with-rig\.sh$'; then return 0; fi
    rm -f "$lease"
  done
  return 1
}
