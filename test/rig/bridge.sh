# The private engine's network: a bridge and a subnet of its own, and three firewall rules.
#
# Engines that share a host fight over it: each removes `docker0` when it does not use it, and each empties the
# firewall chains that all of them name DOCKER. So ours makes neither: it gets this bridge, runs with
# `iptables: false`, publishes ports by its userland proxy, and the rules it needs are these.
# shellcheck shell=bash

# The name holds the subnet, so that making the bridge is the reservation of both; the alias says whose it is.
make_bridge() {
  local taken offset number
  taken=$(ip -4 -o address; ip -4 route; cat /etc/resolv.conf)
  for offset in $(seq 0 127); do
    number=$((64 + (0x$rig_id + offset) % 128))
    if grep -qE "(^|[^0-9.])10\.$number\." <<<"$taken"; then continue; fi
    # Not to be interrupted before the bridge says whose it is.
    trap '' INT TERM HUP
    if ip link add "mlrig$number" type bridge 2>/dev/null; then
      ip link set "mlrig$number" alias "$RIG_HOME" up
      ip address add "10.$number.0.1/20" dev "mlrig$number"
      trap - INT TERM HUP
      firewall -I "$number" || fail 'cannot add firewall rules'
      bridge_number=$number
      return
    fi
    trap - INT TERM HUP
  done
  fail 'no free subnet for a bridge'
}

# Also those of networks that were made in the engine, which it leaves behind: they have its addresses.
remove_bridges() {
  local link name network
  for link in /sys/class/net/mlrig*; do
    [ "$(cat "$link/ifalias" 2>/dev/null)" = "$RIG_HOME" ] || continue
    name=${link##*/}
    firewall -D "${name#mlrig}" || true
    ip -4 -o address | awk -v net="10.${name#mlrig}." 'index($4, net) == 1 && $2 ~ /^br-/ { print $2 }' |
      while read -r network; do ip link delete "$network" || true; done
    ip link delete "$name" || true
  done
}

# `firewall -I|-D NUMBER`: out to the world under the host's address; through, whatever other engines forbid.
firewall() {
  local subnet="10.$2.0.0/16" ours=(-m comment --comment "mlpackage-rig $RIG_HOME") failed=0
  iptables -w -t nat "$1" POSTROUTING -s "$subnet" ! -d "$subnet" "${ours[@]}" -j MASQUERADE || failed=1
  iptables -w "$1" FORWARD -s "$subnet" "${ours[@]}" -j ACCEPT || failed=1
  iptables -w "$1" FORWARD -d "$subnet" "${ours[@]}" -j ACCEPT || failed=1
  return "$failed"
}
