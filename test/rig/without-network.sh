#!/usr/bin/env bash
# without-network.sh FOLDER COMMAND…: runs COMMAND where there is no network but loopback, with an engine of its own
# that has nothing in it and keeps all of it in FOLDER. Whoever ends this ends all of it: in namespaces of their own,
# every process goes with the first one, and every mount and bridge with the last.
set -euo pipefail
. "$(dirname "$0")/rig-state.sh"
. "$rig_scripts/debian-packages.sh"

if [ "${1:-}" != --inside ]; then
  mkdir -p "$1"
  exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" --inside "$@"
fi
folder=$2
shift 2

[ "$(ip -o link | wc -l)" = 1 ] || fail "this is no empty network: $(ip -o link)"
ip link set lo up
mkdir -p "$folder"/{data,exec,shims} /run/containerd
mount --bind "$folder/shims" /run/containerd
cat >"$folder/daemon.json" <<JSON
{
  "hosts": ["unix://$folder/docker.sock"],
  "data-root": "$folder/data",
  "exec-root": "$folder/exec",
  "pidfile": "$folder/dockerd.pid",
  "features": { "containerd-snapshotter": true },
  "iptables": false,
  "ip6tables": false,
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  "cgroup-parent": "/mlpackage-rig-$rig_id"
}
JSON
PATH=$rig_prefix/usr/bin:$rig_prefix/usr/sbin:$PATH:/usr/sbin:/sbin \
  dockerd --config-file "$folder/daemon.json" >"$folder/dockerd.log" 2>&1 &
export DOCKER_HOST=unix://$folder/docker.sock
wait_until 60 docker version || fail "the engine is not ready after 60 s:
$(tail -n 20 "$folder/dockerd.log")"
"$@"
