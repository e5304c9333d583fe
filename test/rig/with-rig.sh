#!/usr/bin/env bash
# with-rig.sh [--only engine,registries,images] COMMAND [ARGUMENT…]: runs COMMAND with the rig up and its environment,
# and takes down, however this ends, what nobody else uses. The exit code and standard output are COMMAND's.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/rig-leases.sh"

parts=engine,registries,images
if [ "${1:-}" = --only ]; then
  # Every other part needs the engine.
  parts=engine,$2
  shift 2
fi
[ $# -gt 0 ] || fail 'usage: with-rig.sh [--only engine,registries,images] COMMAND [ARGUMENT…]'

child=
release() {
  local status=$?
  # A second Ctrl-C must not interrupt the cleaning up.
  trap '' INT TERM HUP
  trap - EXIT
  [ -z "$child" ] || end_child
  lock_rig
  drop_lease
  [ -e "$RIG_HOME/kept" ] || leases_are_held || bring_down >&2
  exit "$status"
}
end_child() {
  local signal
  for signal in TERM KILL; do
    ! wait_until 5 has_exited "$child" || return 0
    kill -s "$signal" "$child" 2>/dev/null || true
  done
}
has_exited() { ! kill -0 "$1"; }

trap release EXIT
# A terminal's Ctrl-C reaches COMMAND by itself, and twice would mean "at once" to many; one that was sent to us
# alone does not, nor do the others.
trap 'exit 130' INT
trap 'forward TERM 143' TERM
trap 'forward HUP 129' HUP
forward() {
  [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null || true
  exit "$2"
}

lock_rig
open_rig_home
take_lease
# shellcheck disable=SC2046
bring_up $(tr ',' ' ' <<<"$parts") >&2
environment=$(rig_environment)
unlock_rig
eval "$environment"

# In the background, since bash runs no trap while it waits for a command in the foreground. perl, because a
# background job ignores SIGINT, and only a program that is told to can undo that.
# shellcheck disable=SC2016
perl -e '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec { $ARGV[0] } @ARGV; warn "$ARGV[0]: $!\n"; exit 127' "$@" <&0 &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
