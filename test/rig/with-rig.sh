#!/usr/bin/env bash
# with-rig.sh [--only engine,registries,images] COMMAND [ARGUMENT…]: runs COMMAND with the rig up and its environment,
# and takes down, however this ends, what nobody else uses. The exit code and standard output are COMMAND's.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/rig-leases.sh"

parts=engine,registries,images
if [ "${1:-}" = --only ]; then
  # Every other part needs the engine.
  parts=engine,${2:-}
  shift $(($# < 2 ? $# : 2))
fi
[ $# -gt 0 ] || fail 'usage: with-rig.sh [--only engine,registries,images] COMMAND [ARGUMENT…]'

# What runs in the background, and has to end before the rig goes, is $!: with a minus before it while that is
# bringing up, which is a process group, and without while it is COMMAND.
sign=

release() {
  local status=$?
  # A second Ctrl-C must not interrupt the cleaning up.
  trap '' INT TERM HUP QUIT
  trap - EXIT
  # Still waiting for someone else's rig to come up: nothing is ours.
  [ -n "${RIG_LOCKED:-}" ] || [ -e "$RIG_HOME/leases/$$" ] || exit "$status"
  [ -z "${!:-}" ] || end "$sign$!"
  lock_rig
  drop_lease
  [ -e "$RIG_HOME/kept" ] || leases_are_held || bring_down >&2
  exit "$status"
}

end() {
  local signal
  for signal in TERM KILL; do
    ! wait_until 5 is_over "$1" || return 0
    kill -s "$signal" -- "$1" 2>/dev/null || true
  done
}
is_over() { ! kill -0 -- "$1"; }

# `stop SIGNAL STATUS`. A terminal's Ctrl-C reaches COMMAND by itself, and twice would mean "at once" to many.
stop() {
  if [ -n "${!:-}" ]; then
    case $sign$1 in
      -*) kill -s TERM -- "-$!" 2>/dev/null || true ;;
      INT | QUIT) ;;
      *) kill -s "$1" "$!" 2>/dev/null || true ;;
    esac
  fi
  exit "$2"
}

trap release EXIT
trap 'stop INT 130' INT
trap 'stop QUIT 131' QUIT
trap 'stop TERM 143' TERM
trap 'stop HUP 129' HUP

lock_rig
open_rig_home
take_lease

# Both in the background, since bash runs no trap while it waits for a command in the foreground. This one in a
# group of its own (set -m), so that it can be ended with everything below it.
set -m
sign=-
# shellcheck disable=SC2046
bring_up $(tr ',' ' ' <<<"$parts") </dev/null >&2 &
set +m
wait "$!"
environment=$(rig_environment)
unlock_rig
eval "$environment"

# This one in ours, so that it keeps the terminal. perl, because a background job ignores SIGINT, and only a program
# that is told to can undo that.
sign=
# shellcheck disable=SC2016
perl -e '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec { $ARGV[0] } @ARGV; warn "$ARGV[0]: $!\n"; exit 127' "$@" <&0 &
wait "$!"
