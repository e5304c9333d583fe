#!/usr/bin/env bash
# base-images.sh up|answers: `debian:bookworm-slim`, and on it the image that tests use as a ready-made base.
# They stay in a user's own engine, as anything pulled would; a private engine's go with it, and come back
# from an archive in the cache, so that they have the same digests each time.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"
. "$rig_scripts/bootstrap-debian.sh"

debian_image=debian:bookworm-slim
python_image=mlpackage-rig/python:bookworm
archive=$rig_cache/base-images-$(uname -m)-$(cat "$0" "$rig_scripts/bootstrap-debian.sh" | cksum | cut -d ' ' -f 1).tar

up() {
  . "$RIG_HOME/engine/environment"
  ! answers || return 0
  local started how=loaded
  started=$(now_ms)
  if [ -e "$RIG_HOME/engine/pid" ] && [ -e "$archive" ]; then
    step 'loading the base images' docker load --input "$archive"
  else
    how=made
    is_there "$debian_image" || pull_debian || bootstrap_debian "$debian_image"
    is_there "$python_image" || build_python
    [ ! -e "$RIG_HOME/engine/pid" ] || keep_archive
  fi
  say "base images: $how ($(seconds_since "$started"))"
}

is_there() { docker image inspect "$1" >/dev/null 2>&1; }
answers() { is_there "$debian_image" && is_there "$python_image"; }

# Asking for the manifest first tells in seconds whether the pull, which may take minutes, has anyone to ask.
pull_debian() {
  within 10 docker buildx imagetools inspect "$debian_image" >/dev/null 2>&1 || return 1
  step "pulling $debian_image" docker pull --quiet "$debian_image"
}

build_python() {
  local context
  context=$RIG_HOME/python-image
  mkdir -p "$context"
  cat >"$context/Dockerfile" <<EOF
FROM $debian_image
RUN apt-get update \\
 && apt-get install -y --no-install-recommends python3 python3-pip gunicorn \\
 && rm -rf /var/lib/apt/lists/*
EOF
  step "building $python_image" docker buildx build --provenance=false --load --tag "$python_image" "$context"
  rm -rf "$context"
}

keep_archive() {
  lock 8 packages
  rm -f "$rig_cache"/base-images-*
  # An interrupted one is no archive: it gets its name when it is whole. And without one it only takes longer.
  if docker save --output "$archive.partial" "$debian_image" "$python_image" 2>/dev/null; then
    mv "$archive.partial" "$archive"
  fi
  exec 8>&-
}

case ${1:-} in
  up) lock_rig; up ;;
  answers) . "$RIG_HOME/engine/environment" && answers ;;
  *) fail 'usage: base-images.sh up|answers' ;;
esac
