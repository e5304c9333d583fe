/** In a cache that is mounted where apt runs: no layer knows which road a package came by. */
const SOURCES = "/var/cache/apt/mlpackage-snapshots";

const FROM_SNAPSHOTS = `-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=${SOURCES} -o Acquire::Retries=3`;

/**
 * A suite that left its mirror for good fails the update of all, and may be in a snapshot: whether anything is missing,
 * the command after it tells.
 */
export const UPDATE_LISTS = "{ apt-get update || :; }";

/**
 * Has a command of apt's take what `"$@"` names, each with its version. A mirror has only the latest: where it has moved on,
 * the command is tried again with the snapshots of the archive that the base image's own sources name in a comment, as
 * those of Debian do. They are signed as the archive was; what has a date to be valid until is past it by now.
 */
export function withSnapshots(command: string): string {
  return [
    `{ ${command} "$@" \\`,
    `      || { ! apt-get download --print-uris "$@" > /dev/null && ${FIND_SNAPSHOTS} \\`,
    `        && { apt-get ${FROM_SNAPSHOTS} update || :; } && ${command} ${FROM_SNAPSHOTS} "$@"; }; }`,
  ].join("\n");
}

/** `# http://snapshot.debian.org/archive/debian/20250101T000000Z` */
const ADDRESS = "https?:[^ ]*/[0-9]+T[0-9]+Z/?";

/** Of each stanza (deb822) with such a comment another one, which differs in where it looks, and in that it may be old. */
const READ_STANZAS = [
  'BEGIN { RS = ""; FS = "\\n" } { at = rest = "";',
  "for (i = 1; i <= NF; i++)",
  `if (match($i, "^# *${ADDRESS}$")) { at = $i; sub("^# *", "", at) }`,
  'else if ($i !~ "^(#|URIs:|Check-Valid-Until:)") rest = rest $i "\\n";',
  'if (at != "") print rest "URIs: " at "\\nCheck-Valid-Until: no\\n" }',
].join(" ");

/** The same of lines: `# deb http://snapshot.debian.org/archive/debian/20210621T000000Z buster main` */
const READ_LINES = `s|^# *deb (${ADDRESS} )|deb [check-valid-until=no] \\1|p`;

const ETC = "/etc/apt/sources.list";

/** The sources of the base image with those of the snapshots beside them; fails where it names none. */
const FIND_SNAPSHOTS = [
  `rm -rf ${SOURCES} && mkdir ${SOURCES} && { cp ${ETC} ${ETC}.d/* ${SOURCES}; \\`,
  `          awk '${READ_STANZAS}' ${ETC}.d/*.sources > ${SOURCES}/snapshots.sources; \\`,
  `          sed -nE '${READ_LINES}' ${ETC} ${ETC}.d/*.list > ${SOURCES}/snapshots.list; \\`,
  `          grep -q . ${SOURCES}/snapshots.*; } 2>/dev/null`,
].join("\n");
