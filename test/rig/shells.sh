#!/usr/bin/env bash
# Gives a Debian machine the shells that completion is written for, and man, where it has none. Prints where bash-completion is.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"

bash_completion=/usr/share/bash-completion/bash_completion
if can_use_debian; then
  lock 6 shells
  install_missing zsh=zsh fish=fish script=bsdutils man=man-db groff=groff >&2
  [ -e $bash_completion ] || install_missing no-such-command=bash-completion >&2
fi
echo $bash_completion
