#!/usr/bin/env bash
# engine.sh up|down|answers: a Docker engine with buildx; the user's own if it answers, else a private one.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"
. "$rig_scripts/bridge.sh"
. "$rig_scripts/private-engine.sh"

up() {
  ! answers || return 0
  local started host
  started=$(now_ms)
  open_rig_home
  # What a killed session left is in the way of a new engine.
  clear_away
  mkdir -p "$engine_dir"
  if host=$(own_engine_host); then
    link_own_plugins
    record "$host"
    say "engine: yours at $host ($(seconds_since "$started"))"
  elif can_use_debian; then
    start_private_engine
    record "unix://$engine_dir/docker.sock"
    say "engine: private, $(docker_here version --format '{{.Server.Version}}') ($(seconds_since "$started"))"
  else
    remove_part engine
    close_rig_home
    fail 'no Docker engine with buildx answers: start Docker (Docker Desktop, or docker.io and docker-buildx),
  or run this as root on Debian, where a private engine is made from its packages'
  fi
}

# Never ~/.docker: a test that logs in or makes a builder must not find its way into the user's configuration.
# A private configuration knows no contexts, so the endpoint that the user's resolves to is kept as DOCKER_HOST.
own_engine_host() {
  local host
  command -v docker >/dev/null || return 1
  host=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null)} || return 1
  [ -n "$host" ] && within 5 docker version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1 || return 1
  echo "$host"
}

link_own_plugins() {
  local plugin
  mkdir -p "$engine_dir"/{bin,docker-config/cli-plugins}
  docker info --format '{{range .ClientInfo.Plugins}}{{println .Path}}{{end}}' 2>/dev/null | while read -r plugin; do
    [ ! -x "$plugin" ] || ln -sf "$plugin" "$engine_dir/docker-config/cli-plugins/"
  done
}

# Written last: it is what says that the engine is complete.
record() {
  {
    printf 'export DOCKER_HOST=%q\n' "$1"
    printf 'export DOCKER_CONFIG=%q\n' "$engine_dir/docker-config"
    # shellcheck disable=SC2016
    printf 'export PATH=%q:"$PATH"\n' "$engine_dir/bin"
    # These may name a builder that only the user's configuration knows.
    echo 'unset BUILDX_BUILDER BUILDX_CONFIG'
  } >"$engine_dir/environment"
}

# One that is down says so at once. A busy machine may take long, and "no" would take the engine from its users.
docker_here() { (. "$engine_dir/environment" && within 30 docker "$@"); }

answers() {
  [ -e "$engine_dir/environment" ] && { [ ! -e "$engine_dir/pid" ] || private_engine_pid >/dev/null; } &&
    docker_here version >/dev/null 2>&1
}

clear_away() {
  stop_private_engine
  remove_part engine
}

down() {
  clear_away
  close_rig_home
}

case ${1:-} in
  up | down) lock_rig; "$1" ;;
  answers) answers ;;
  *) fail 'usage: engine.sh up|down|answers' ;;
esac
