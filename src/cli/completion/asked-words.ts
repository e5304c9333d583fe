/** A filter for what `graph --json` prints, in sed: the ids and the kinds of the steps, one a line. */
export const STEP_WORDS = `sed -n ${wordOf("id")} ${wordOf("kind")}`;

/** As `STEP_WORDS`, for the codes of `explain --json`. */
export const CODE_WORDS = `sed -n ${wordOf("code")}`;

/** What needs an escape in JSON is no word that anybody would type. */
function wordOf(member: string): string {
  return `-e 's/^ *"${member}": "\\([^"\\\\]*\\)",*$/\\1/p'`;
}
