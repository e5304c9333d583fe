# Where the rig keeps its state, and how its scripts speak, lock, wait and recognise a process as theirs.
# Sourced by every script here. Stays within bash 3.2 and POSIX tools, so that it also runs on macOS.
# shellcheck shell=bash

rig_scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

short_id() { printf '%08x' "$(printf '%s' "$1" | cksum | cut -d ' ' -f 1)"; }

# One rig for each checkout, so that two of them on a machine never share an engine. The path is short
# because a unix socket's path, the engine's deepest among them, must stay under 108 bytes.
RIG_HOME=${RIG_HOME:-/tmp/mlpackage-rig-$(short_id "$(cd "$rig_scripts/../.." && pwd -P)")}
export RIG_HOME
# Downloads outlive every rig and are shared by all of them.
rig_cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlpackage-rig
rig_id=$(short_id "$RIG_HOME")

# A terminal that was closed must not keep the rig from being taken down.
say() { printf 'rig: %s\n' "$*" >&2 || true; }
fail() { printf 'rig: error: %s\n' "$*" >&2; exit 1; }

# `step WHAT COMMAND…` is silent unless it fails, and then says which step it was and what it printed.
step() {
  local what=$1 output
  shift
  output=$("$@" 2>&1) || fail "$what failed (\`$*\`):
$output"
}

now_ms() {
  if [ -n "${EPOCHREALTIME:-}" ]; then
    local micros=${EPOCHREALTIME/[^0-9]/}
    echo "${micros%???}"
  else
    echo "$(date +%s)000"
  fi
}

# `seconds_since MS` as 1.2
seconds_since() {
  local tenths=$((($(now_ms) - $1) / 100))
  echo "$((tenths / 10)).$((tenths % 10)) s"
}

# `within SECONDS COMMAND…`; perl, because macOS has no timeout(1) and Go programs ignore a plain SIGALRM.
within() {
  perl -e '
    my $seconds = shift;
    my $pid = fork // die;
    if (!$pid) { exec { $ARGV[0] } @ARGV or exit 127 }
    $SIG{ALRM} = sub { kill "KILL", $pid; waitpid $pid, 0; exit 124 };
    alarm $seconds;
    waitpid $pid, 0;
    exit($? & 127 ? 128 + ($? & 127) : $? >> 8)' "$@"
}

# `wait_until SECONDS COMMAND…` polls ten times a second.
wait_until() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(now_ms)" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# Whatever may be mounted below, which macOS cannot say but has no cause to.
remove_tree() {
  if rm --version >/dev/null 2>&1; then rm -rf --one-file-system "$@"; else rm -rf "$@"; fi
}

# A rig's directory is removed whole when the rig goes, so it must be one that we made.
open_rig_home() {
  [ "${#RIG_HOME}" -le 60 ] || fail "RIG_HOME is too long for unix sockets below it: $RIG_HOME"
  case $RIG_HOME in /*) ;; *) fail "RIG_HOME must be absolute: $RIG_HOME" ;; esac
  if [ -e "$RIG_HOME" ] && [ ! -e "$RIG_HOME/.mlpackage-rig" ]; then
    [ -z "$(ls -A "$RIG_HOME")" ] || fail "RIG_HOME exists and is no rig: $RIG_HOME"
  fi
  mkdir -p "$RIG_HOME"
  [ -O "$RIG_HOME" ] || fail "RIG_HOME belongs to someone else: $RIG_HOME"
  chmod 700 "$RIG_HOME"
  : >"$RIG_HOME/.mlpackage-rig"
}

# `remove_part NAME`; but see open_rig_home: without our mark, a folder of that name is someone's own.
remove_part() {
  [ ! -e "$RIG_HOME/.mlpackage-rig" ] || remove_tree "${RIG_HOME:?}/$1"
}

# Only removes it when no part of the rig is left in it.
close_rig_home() {
  if [ ! -e "$RIG_HOME/.mlpackage-rig" ]; then
    # Empty, if we were interrupted before the mark was there.
    rmdir "$RIG_HOME" 2>/dev/null || true
  elif [ ! -e "$RIG_HOME/engine" ] && [ ! -e "$RIG_HOME/registries" ]; then
    remove_tree "$RIG_HOME"
  fi
}

# `lock FD NAME` holds until the descriptor is closed. Lock files live in the cache: one in the rig's own
# directory would vanish with it, and two sessions could then hold "the" lock at once. macOS has no flock;
# its users have one engine, which needs no lock to be shared.
lock() {
  mkdir -p "$rig_cache/locks"
  eval "exec $1>\"\$rig_cache/locks/$2\""
  command -v flock >/dev/null || return 0
  # Not a flock that waits: a trap would only run when it has the lock.
  until flock -n "$1"; do sleep 0.2; done
}

# Descriptor 9 is the rig's own lock. A script that holds it says so to the scripts that it calls.
lock_rig() {
  [ "${RIG_LOCKED:-}" != "$RIG_HOME" ] || return 0
  lock 9 "rig-$rig_id"
  export RIG_LOCKED=$RIG_HOME
}
unlock_rig() {
  unset RIG_LOCKED
  exec 9>&-
}

# `start_daemon PIDFILE LOG COMMAND…`: a session of its own, so that a terminal's Ctrl-C does not reach it
# before we do; its pid on disk before it runs, so that nothing can fall between; none of our locks; and
# signals as they are by default, because a shell's background jobs, and all below them, ignore SIGINT.
start_daemon() {
  local pid_file=$1 log=$2
  shift 2
  # shellcheck disable=SC2016
  setsid sh -c 'echo $$ >"$0" && exec env --default-signal=INT,QUIT "$@"' "$pid_file" "$@" \
    </dev/null >>"$log" 2>&1 8>&- 9>&- &
  wait_until 5 test -s "$pid_file" || fail "did not start: $*"
}

# `daemon_pid PIDFILE ARGUMENT`: the pid, if that process still is the one we started with this argument.
daemon_pid() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && arguments_of "$pid" | grep -qxF -e "$2" && echo "$pid"
}

# One on each line.
arguments_of() {
  if [ -d /proc/self ]; then
    { tr '\0' '\n' <"/proc/$1/cmdline"; } 2>/dev/null
  else
    ps -o args= -p "$1" | tr ' ' '\n'
  fi
}

# A zombie has ended: whoever should collect it may never do so in a container.
has_ended() { ! grep -q '^State:[[:space:]]*[^XZ[:space:]]' "/proc/$1/status"; }
