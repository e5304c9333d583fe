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

# What a signal has to end before the rig goes: COMMAND by its pid, or bringing up by its group, a minus before it.
running=

release() {
  local status=$?
  # A second Ctrl-C must not interrupt the cleaning up.
  trap '' INT TERM HUP QUIT
  trap - EXIT
  [ -z "$running" ] || end_running
  lock_rig
  drop_lease
  [ -e "$RIG_HOME/kept" ] || leases_are_held || bring_down >&2
  exit "$status"
}

end_running() {
  local signal
  for signal in TERM KILL; do
    ! wait_until 5 is_over || return 0
    kill -s "$signal" -- "$running" 2>/dev/null || true
  done
}
is_over() { ! kill -0 -- "$running"; }

# `stop SIGNAL STATUS`. A terminal's Ctrl-C reaches COMMAND by itself, and twice would mean "at once" to many.
stop() {
  case $running in
    -*) kill -s TERM -- "$running" 2>/dev/null || true ;;
    ?*) [ "$1" = INT ] || kill -s "$1" -- "$running" 2>/dev/null || true ;;
  esac
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
# shellcheck disable=SC2046
bring_up $(tr ',' ' ' <<<"$parts") </dev/null >&2 &
running=-$!
set +m
wait "${running#-}"
running=
environment=$(rig_environment)
unlock_rig
eval "$environment"

# This one in ours, so that it keeps the terminal. perl, because a background job ignores SIGINT, and only a program
# that is told to can undo that.
# shellcheck disable=SC2016
perl -e '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec { $ARGV[0] } @ARGV; warn "$ARGV[0]: $!\n"; exit 127' "$@" <&0 &
running=$!
status=0
wait "$running" || status=$?
running=
exit "$status"
