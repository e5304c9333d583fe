# A Debian image from the machine's own mirror, where no registry can be asked for one.
# shellcheck shell=bash

# `bootstrap_debian IMAGE SUITE`. The packages of a minimal Debian of that suite, and within it this machine's sources
# and the settings without which its apt could not use them, so that `RUN apt-get install` works in a build.
bootstrap_debian() {
  local image=$1 suite=$2
  can_use_debian || fail "$image can neither be pulled nor made on this machine: pull it first"
  fetch_forky_packages
  install_missing perl=perl
  local work settings=() setting
  work=$(mktemp -d "$(roomy_memory)/mlpackage-rig-$rig_id.XXXXXX")
  # shellcheck disable=SC2064
  trap "remove_tree $work" EXIT
  sources_of "$suite" >"$work/debian.sources"
  # Like the published image: no documentation, nothing kept in apt's cache, no fsync. The first two only at the
  # end: mmdebstrap would filter each package through a Python program, and apt read its lists ten times.
  local unwanted
  unwanted=(usr/share/{doc,man,info,locale})
  printf '%s "";\n' Dir::Cache::pkgcache Dir::Cache::srcpkgcache >"$work/docker-clean"
  printf 'path-exclude=/%s/*\n' "${unwanted[@]}" >"$work/docker-slim"
  while IFS= read -r setting; do
    settings+=(--aptopt="$setting")
  done < <(apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries)\b')
  # /usr merged from the start, which needs no perl; SOURCE_DATE_EPOCH, for the same bytes each time. In namespaces
  # of its own: it mounts /sys and devices in the system that it makes, and killed it would leave them mounted there.
  PATH=$rig_prefix/usr/bin:$PATH SOURCE_DATE_EPOCH=0 TMPDIR=$work step 'making a Debian system' \
    unshare --mount --pid --fork --kill-child --mount-proc mmdebstrap \
    --mode=root --variant=minbase --include=usr-is-merged \
    --hook-dir="$rig_prefix/usr/share/mmdebstrap/hooks/merged-usr" \
    --dpkgopt=force-unsafe-io --aptopt='Acquire::Languages "none"' "${settings[@]}" \
    --customize-hook="cd \"\$1\" && rm -rf ${unwanted[*]/%//*} var/cache/apt/*.bin" \
    --customize-hook="copy-in $work/docker-slim /etc/dpkg/dpkg.cfg.d" \
    --customize-hook="copy-in $work/docker-clean /etc/apt/apt.conf.d" \
    "$suite" "$work/debian.tar" "$work/debian.sources"
  step "importing $image" docker import --change 'CMD ["bash"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$work/debian.tar" "$image"
  remove_tree "$work"
}

# A tmpfs with a gigabyte to spare if there is one: a third faster than a disk.
roomy_memory() {
  if df -Pk -t tmpfs /dev/shm 2>/dev/null | awk 'NR == 2 && $4 > 1048576 { roomy = 1 } END { exit !roomy }'; then
    echo /dev/shm
  else
    echo "$RIG_HOME"
  fi
}

# `sources_of SUITE`: this machine's Debian repositories, as that suite's; one that is not released has but the first.
sources_of() {
  local codename uri release
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  debian_repositories | while read -r uri release; do
    [ "$1" = bookworm ] || [ "$release" = "$codename" ] || continue
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "${release/#$codename/$1}"
    printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n'
  done
}
