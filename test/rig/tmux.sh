#!/usr/bin/env bash
# Prints the path of tmux: the machine's own, else Debian's, installed.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"

command -v tmux && exit
can_use_debian || fail 'install tmux: the tests of the live view look at a real terminal'
lock 6 tmux
install_missing tmux=tmux >&2
command -v tmux
