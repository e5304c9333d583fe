# Debian's own packages of a current engine, registry and mmdebstrap, unpacked under the cache and not installed.
# shellcheck shell=bash

# The next Debian release: bookworm's engine is too old for the containerd image store, and the Go programs
# of forky run on bookworm's libc. runc and skopeo do not, and iptables is libraries and modules: those are
# installed from the machine's own suite.
forky_packages='docker.io docker-buildx docker-cli containerd tini-static docker-registry mmdebstrap crane cosign oras docker-compose'
rig_prefix=$rig_cache/packages-$(short_id "$forky_packages")

can_use_debian() {
  [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null &&
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] && [ -n "$(debian_mirror)" ]
}

# `debian_repositories` prints "URI release" of each Debian repository that this machine's apt uses; asked in this
# way, apt also knows before its first update. The release must be Debian's code name exactly, with or without
# -updates or -security: other vendors' differ.
debian_repositories() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
  apt-get update --print-uris 2>/dev/null |
    sed -nE "s#^'(.*/)dists/($codename(-updates|-security)?)/main/binary-.*#\1 \2#p" | sort -u
}

debian_mirror() { debian_repositories | awk '$2 !~ /-/ && !found++ { print $1 }'; }

# `install_missing COMMAND=PACKAGE…` installs the packages whose command is not there.
install_missing() {
  local pair packages=()
  for pair in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%=*}" >/dev/null || packages+=("${pair#*=}")
  done
  [ "${#packages[@]}" -gt 0 ] || return 0
  local install=(apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${packages[@]}")
  DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null 2>&1 && return
  # The machine's lists may be absent or older than its mirror.
  step 'updating the package lists' apt-get update -qq
  DEBIAN_FRONTEND=noninteractive step "installing ${packages[*]}" "${install[@]}"
}

# `fetch_forky_packages` leaves them under $rig_prefix. Unpacked aside and then renamed: an interrupted run, even a
# killed one, leaves nothing that a later one would trust.
fetch_forky_packages() {
  [ ! -d "$rig_prefix" ] || return 0
  local started work deb
  started=$(now_ms)
  lock 8 packages
  if [ ! -d "$rig_prefix" ]; then
    remove_tree "$rig_cache"/unpacking.*
    work=$(mktemp -d "$rig_cache/unpacking.XXXXXX")
    # shellcheck disable=SC2064
    trap "remove_tree $work" EXIT
    chmod 755 "$work"
    mkdir -p "$work"/{lists,archives/partial,debs,prefix}
    cat >"$work/forky.sources" <<EOF
Types: deb
URIs: $(debian_mirror)
Suites: forky
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
    # apt drops to a user of its own, who cannot write here, and warns: not for files that only we read.
    local apt=(apt-get -qq -o Dir::Etc::SourceList="$work/forky.sources" -o Dir::Etc::SourceParts=/dev/null
      -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work" -o Acquire::Languages=none -o APT::Sandbox::User=root)
    step "updating forky's package lists" "${apt[@]}" -o APT::Update::Error-Mode=any update
    # shellcheck disable=SC2086
    (cd "$work/debs" && step 'downloading the engine' "${apt[@]}" download $forky_packages)
    for deb in "$work"/debs/*.deb; do
      step "unpacking ${deb##*/}" dpkg -x "$deb" "$work/prefix"
    done
    mv "$work/prefix" "$rig_prefix"
    remove_tree "$work"
    trap - EXIT
    say "engine downloaded ($(seconds_since "$started"))"
  fi
  exec 8>&-
}
