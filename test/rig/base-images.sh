#!/usr/bin/env bash
# base-images.sh up|answers|forky|forky-models: `debian:bookworm-slim`, and on it the image that tests use as a ready-made base.
# They stay in a user's own engine, as anything pulled would; a private engine's go with it, and come back
# from an archive in the cache, so that they have the same digests each time. `forky` makes one with the newest Python,
# `forky-models` one with libraries on it for what is served without a script: both for the tests that ask for them,
# who are told its name.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"
. "$rig_scripts/bootstrap-debian.sh"

debian_image=debian:bookworm-slim
python_image=mlpackage-rig/python:bookworm
forky_debian_image=debian:forky-slim
forky_image=mlpackage-rig/python:forky
forky_models_image=mlpackage-rig/models:forky
recipe=$(uname -m)-$(cat "$0" "$rig_scripts/bootstrap-debian.sh" | cksum | cut -d ' ' -f 1)

up() {
  . "$RIG_HOME/engine/environment"
  ! answers || return 0
  load_or_make base-images bookworm "$debian_image" "$python_image" python3 python3-pip gunicorn
}

# One at a time: the engine and the cache are shared.
forky() {
  . "$RIG_HOME/engine/environment"
  lock 7 forky-image
  is_there "$forky_image" ||
    load_or_make forky-image forky "$forky_debian_image" "$forky_image" python3 python3-pip gunicorn
}

forky_models() {
  forky
  is_there "$forky_models_image" ||
    load_or_make forky-models forky "$forky_image" "$forky_models_image" python3-sklearn python3-onnxruntime python3-pandas
}

# `load_or_make NAME SUITE DEBIAN_IMAGE IMAGE PACKAGE…`
load_or_make() {
  local started how=loaded name=$1 suite=$2 debian=$3 image=$4 archive=$rig_cache/$1-$recipe.tar
  shift 4
  started=$(now_ms)
  if [ -e "$RIG_HOME/engine/pid" ] && [ -e "$archive" ]; then
    step "loading the $name" docker load --input "$archive"
  else
    how=made
    is_there "$debian" || pull "$debian" || bootstrap_debian "$debian" "$suite"
    is_there "$image" || build "$image" "$debian" "$@"
    [ ! -e "$RIG_HOME/engine/pid" ] || keep_archive "$name" "$debian" "$image"
  fi
  say "$name: $how ($(seconds_since "$started"))"
}

is_there() { docker image inspect "$1" >/dev/null 2>&1; }
answers() { is_there "$debian_image" && is_there "$python_image"; }

# Asking for the manifest first tells in seconds whether the pull, which may take minutes, has anyone to ask.
pull() {
  within 10 docker buildx imagetools inspect "$1" >/dev/null 2>&1 || return 1
  step "pulling $1" docker pull --quiet "$1"
}

# `build IMAGE BASE PACKAGE…`
build() {
  local context=$RIG_HOME/python-image image=$1 base=$2
  shift 2
  mkdir -p "$context"
  cat >"$context/Dockerfile" <<EOF
FROM $base
RUN apt-get update \\
 && apt-get install -y --no-install-recommends $* \\
 && rm -rf /var/lib/apt/lists/*
EOF
  step "building $image" docker buildx build --provenance=false --load --tag "$image" "$context"
  rm -rf "$context"
}

# `keep_archive NAME IMAGE…`
keep_archive() {
  local name=$1 archive=$rig_cache/$1-$recipe.tar
  shift
  lock 8 packages
  rm -f "$rig_cache/$name"-*
  # An interrupted one is no archive: it gets its name when it is whole. And without one it only takes longer.
  if docker save --output "$archive.partial" "$@" 2>/dev/null; then
    mv "$archive.partial" "$archive"
  fi
  exec 8>&-
}

case ${1:-} in
  up) lock_rig; up ;;
  answers) . "$RIG_HOME/engine/environment" && answers ;;
  forky) forky && echo "$forky_image" ;;
  forky-models) forky_models && echo "$forky_models_image" ;;
  *) fail 'usage: base-images.sh up|answers|forky|forky-models' ;;
esac
