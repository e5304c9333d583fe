# A Docker engine of the rig's own, from Debian's packages, for a machine that has none.
# shellcheck shell=bash

engine_dir=$RIG_HOME/engine

# RIG_CONTAINERD_STORE=false gives it the classic image store, which many engines in use still have.
start_private_engine() {
  fetch_forky_packages
  install_missing runc=runc iptables=iptables ip=iproute2 skopeo=skopeo faketime=faketime pre-commit=pre-commit
  mkdir -p "$engine_dir"/{bin,data,shims,docker-config/cli-plugins}
  # ext4 will not use an inode again for 35 s after its file was deleted, and searches past all such, one by one,
  # for each new file: loading the base images right after another rig went took 10 s and not 3. Below a directory
  # with this flag, each directory starts in a part of the disk that its name decides. Others do not need it.
  chattr +T "$engine_dir/data" 2>/dev/null || true
  make_bridge
  write_daemon_configuration
  local plugins=$rig_prefix/usr/libexec/docker/cli-plugins
  local buildx=$plugins/docker-buildx
  ln -sf "$rig_prefix"/usr/bin/{docker,crane,cosign,oras} "$buildx" "$plugins/docker-compose" "$engine_dir/bin/"
  ln -sf "$buildx" "$engine_dir/docker-config/cli-plugins/"

  # In process and mount namespaces of its own: when the outermost process goes, by whatever signal, the kernel
  # ends containerd, its shims and every container, and drops every mount. tini, because the first process
  # of a namespace inherits its orphans. And with a /run/containerd of its own, for the sockets of the shims.
  # shellcheck disable=SC2016
  PATH=$rig_prefix/usr/bin:$rig_prefix/usr/sbin:$PATH:/usr/sbin:/sbin \
    start_daemon "$engine_dir/pid" "$engine_dir/dockerd.log" \
    unshare --mount --pid --fork --kill-child --mount-proc \
    sh -c 'mkdir -p /run/containerd && mount --bind "$0" /run/containerd && exec "$@"' "$engine_dir/shims" \
    "$rig_prefix/usr/bin/tini-static" -- dockerd --config-file "$engine_dir/daemon.json"

  wait_until 60 private_engine_settled || fail "the engine is not ready after 60 s:
$(tail -n 20 "$engine_dir/dockerd.log")"
  private_engine_answers || fail "the engine stopped at its start:
$(tail -n 20 "$engine_dir/dockerd.log")"
}

private_engine_pid() { daemon_pid "$engine_dir/pid" "$engine_dir/daemon.json"; }
private_engine_answers() {
  within 5 "$engine_dir/bin/docker" -H "unix://$engine_dir/docker.sock" version >/dev/null 2>&1
}
private_engine_settled() { ! private_engine_pid || private_engine_answers; }

write_daemon_configuration() {
  cat >"$engine_dir/daemon.json" <<EOF
{
  "hosts": ["unix://$engine_dir/docker.sock"],
  "data-root": "$engine_dir/data/$$-$RANDOM",
  "exec-root": "$engine_dir/exec",
  "pidfile": "$engine_dir/dockerd.pid",
  "features": { "containerd-snapshotter": ${RIG_CONTAINERD_STORE:-true} },
  "insecure-registries": ["127.0.0.0/8"],
  "bridge": "mlrig$bridge_number",
  "default-address-pools": [{ "base": "10.$bridge_number.128.0/17", "size": 24 }],
  "iptables": false,
  "ip6tables": false,
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  "cgroup-parent": "/mlpackage-rig-$rig_id"
}
EOF
}

# Without asking: nothing of it is kept, and it would wait 10 s for each container that does not heed SIGTERM.
stop_private_engine() {
  local pid first
  if pid=$(private_engine_pid); then
    # The namespace's first process ends after all the others.
    first=$(cat "/proc/$pid/task/$pid/children")
    kill -KILL "$pid"
    wait_until 20 has_ended "${first:-$pid}" || fail "the engine, process $pid, does not end"
  fi
  remove_bridges
  remove_traces
}

# A container that was killed with its engine leaves its control group behind, in each hierarchy. And containerd
# makes two directories outside of its own, which other engines may be using: only the last takes them away.
remove_traces() {
  local group
  for group in /sys/fs/cgroup/"mlpackage-rig-$rig_id" /sys/fs/cgroup/*/"mlpackage-rig-$rig_id"; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  # Where bootstrap-debian.sh worked, if it was killed.
  remove_tree "/dev/shm/mlpackage-rig-$rig_id".*
  compgen -G '/sys/class/net/mlrig*' >/dev/null ||
    rmdir /run/containerd /opt/containerd/bin /opt/containerd/lib /opt/containerd 2>/dev/null || true
}
