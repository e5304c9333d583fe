#!/usr/bin/env bash
# registry.sh up|down|answers: two registries on 127.0.0.1, an open one and one that asks for a password.
# Programs of Debian's beside a private engine; containers in the user's own.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"

registries_dir=$RIG_HOME/registries
user=rig
password=rig-password
# bcrypt of the password above. A constant is no secret: both are for registries that live for one test run.
# shellcheck disable=SC2016
htpasswd='rig:$2y$05$W87j8kCG4.zpufqF3kayn.wKcp4clok7xMaeO6rzognkJSgXyc0G6'
label=mlpackage-rig=$rig_id

up() {
  ! answers || return 0
  clear_away
  local started open private
  started=$(now_ms)
  command -v curl >/dev/null || install_missing curl=curl
  open_rig_home
  [ -e "$RIG_HOME/engine/environment" ] || fail 'the registries need the engine: run engine.sh up'
  . "$RIG_HOME/engine/environment"
  mkdir -p "$registries_dir"
  if [ -e "$RIG_HOME/engine/pid" ]; then
    open=$(start_program open)
    private=$(start_program private)
  else
    open=$(start_container open)
    private=$(start_container private)
  fi
  {
    printf 'export RIG_REGISTRY=%q RIG_PRIVATE_REGISTRY=%q\n' "$open" "$private"
    printf 'export RIG_REGISTRY_USER=%q RIG_REGISTRY_PASSWORD=%q\n' "$user" "$password"
  } >"$registries_dir/environment.new"
  if ! wait_until 20 answer "$open" 200 || ! wait_until 20 answer "$private" 401; then
    fail "a registry is not ready after 20 s:
$(tail -n 5 "$registries_dir"/*.log 2>/dev/null)"
  fi
  mv "$registries_dir/environment.new" "$registries_dir/environment"
  say "registries: $open, and with a password $private ($(seconds_since "$started"))"
}

# Both start functions print host:port.
start_program() {
  local dir=$registries_dir/$1 log=$registries_dir/$1.log port
  mkdir -p "$dir"
  {
    printf 'version: 0.1\nlog: { accesslog: { disabled: true } }\n'
    printf 'storage: { filesystem: { rootdirectory: "%s" }, delete: { enabled: true } }\n' "$dir/data"
    # The system picks a free port, and the log says which: no other program can take it in between.
    printf 'http: { addr: "127.0.0.1:0" }\n'
    if [ "$1" = private ]; then
      echo "$htpasswd" >"$dir/htpasswd"
      printf 'auth: { htpasswd: { realm: rig, path: "%s" } }\n' "$dir/htpasswd"
    fi
  } >"$dir/config.yml"
  start_daemon "$dir/pid" "$log" "$rig_prefix/usr/bin/docker-registry" serve "$dir/config.yml"
  wait_until 20 grep -q 'listening on 127' "$log" || fail "the $1 registry does not start:
$(tail -n 5 "$log")"
  port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | tail -n 1)
  echo "127.0.0.1:$port"
}

# The password file goes in by the environment: a bind mount would need a path that Docker Desktop shares.
start_container() {
  local options=(--label "$label" -p 127.0.0.1::5000 -e REGISTRY_STORAGE_DELETE_ENABLED=true -e "HTPASSWD=$htpasswd")
  if [ "$1" = private ]; then
    options+=(-e REGISTRY_AUTH=htpasswd -e REGISTRY_AUTH_HTPASSWD_REALM=rig -e REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd)
  fi
  local id
  # shellcheck disable=SC2016
  id=$(docker run -d "${options[@]}" --entrypoint sh registry:2 \
    -c 'echo "$HTPASSWD" >/htpasswd && exec registry serve /etc/docker/registry/config.yml') ||
    fail 'cannot run registry:2 in your engine'
  docker port "$id" 5000/tcp | head -n 1
}

answer() { [ "$(curl -s -o /dev/null -m 20 -w '%{http_code}' "http://$1/v2/")" = "$2" ]; }

answers() {
  [ -e "$registries_dir/environment" ] || return 1
  . "$registries_dir/environment"
  answer "$RIG_REGISTRY" 200 && answer "$RIG_PRIVATE_REGISTRY" 401
}

clear_away() {
  [ -e "$registries_dir" ] || return 0
  local name pid
  for name in open private; do
    pid=$(daemon_pid "$registries_dir/$name/pid" "$registries_dir/$name/config.yml") || continue
    kill -KILL "$pid" 2>/dev/null || true
    wait_until 5 has_ended "$pid" || fail "the $name registry, process $pid, does not end"
  done
  if [ -e "$RIG_HOME/engine/environment" ] && [ ! -e "$RIG_HOME/engine/pid" ]; then
    . "$RIG_HOME/engine/environment"
    within 30 docker ps -aq --filter "label=$label" | xargs docker rm -fv >/dev/null 2>&1 || true
  fi
  remove_part registries
}

down() {
  clear_away
  close_rig_home
}

case ${1:-} in
  up | down) lock_rig; "$1" ;;
  answers) answers ;;
  *) fail 'usage: registry.sh up|down|answers' ;;
esac
