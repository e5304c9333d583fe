import { CODE_WORDS, STEP_WORDS } from "./asked-words.ts";
import type { Answer, Described, DescribedLine, Flag } from "./describe-commands.ts";

/**
 * A script for bash from 3.2 on, with or without the package bash-completion. Only for steps and codes does a TAB start
 * the program.
 */
export function renderBash({ shared, commands }: DescribedLine): string {
  return `# Completion of mlpackage for bash: \`mlpackage completion bash\` prints this.

# What belongs to the flag $2 of the command $1: sets \`takes\` to none, one or all, and \`answer\` to what that may be.
_mlpackage_value() {
  takes=none answer=
  case "$1 $2" in
${commands.flatMap(({ name, flags }) => flags.flatMap((flag) => valueArm(`"${name} `, flag))).join("\n")}
${shared.flatMap((flag) => valueArm('*" ', flag)).join("\n")}
  esac
}

# What the word number $2 after the command $1 may be: sets \`answer\`.
_mlpackage_place() {
  answer=
  case "$1 $2" in
${commands.flatMap(placeArms).join("\n")}
  esac
}

# The flags of the command $1, besides those of all: sets \`answer\`.
_mlpackage_flags() {
  answer=
  case "$1" in
${commands
  .filter(({ flags }) => flags.length > 0)
  .map(flagsArm)
  .join("\n")}
  esac
  answer="$answer ${words(shared.map(({ name }) => name))}"
}

_mlpackage_commands=${quote(words(commands.map(({ name }) => name)))}

${MACHINERY}`;
}

const words = (list: readonly string[]): string => list.join(" ");
const quote = (text: string): string => `'${text}'`;

/** None for what takes nothing, unless its letter means something else before the command. */
function valueArm(start: string, { name, letter, takes, answer }: Flag): readonly string[] {
  if (takes === "none" && letter === undefined) return [];
  const patterns = [name, ...(letter === undefined ? [] : [letter])].map((one) => `${start}${one}"`);
  return [`  ${patterns.join(" | ")}) takes=${takes} answer=${quote(encode(answer))} ;;`];
}

function placeArms({ name, places }: Described): readonly string[] {
  return places.map(({ answer }, index) => `  "${name} ${index}") answer=${quote(encode(answer))} ;;`);
}

function flagsArm({ name, flags }: Described): string {
  return `  ${name}) answer=${quote(words(flags.map((flag) => flag.name)))} ;;`;
}

/** A word with an at sign for what has to be looked for, else the words themselves. */
function encode(answer: Answer): string {
  if (answer === undefined) return "";
  return typeof answer === "string" ? `@${answer}` : words(answer);
}

const MACHINERY = `# The words up to the cursor, which bash splits at \`=\` and \`:\` too: sets \`typed\`, and \`current\` to the last of them.
_mlpackage_read_words() {
  local rest=\${COMP_LINE:0:$COMP_POINT} index word spaces
  typed=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    spaces=\${rest%%[![:space:]]*}
    rest=\${rest#"$spaces"}
    word=\${COMP_WORDS[index]}
    ((index < COMP_CWORD)) || word=$rest
    rest=\${rest#"$word"}
    if ((index > 0)) && [ -z "$spaces" ]; then
      typed[\${#typed[@]} - 1]+=$word
    else
      typed+=("$word")
    fi
  done
  current=\${typed[\${#typed[@]} - 1]}
}

# A word without its quotes and backslashes, and without running anything that is in it: sets \`plain\`.
_mlpackage_unquote() {
  plain=$1
  case $plain in
  \\'*) plain=\${plain#\\'} plain=\${plain%\\'} ;;
  \\"*) plain=\${plain#\\"} plain=\${plain%\\"} ;;
  # Without -r, which is what takes the backslashes out.
  *) IFS= read plain <<<"$1" ;;
  esac
  case $plain in "~/"*) plain=$HOME/\${plain#"~/"} ;; esac
}

# Reads the words before the current one: sets \`command\`, the number of its next \`place\`, in \`pending\` what belongs to
# the last flag (none, one or all) with its \`answer\`, and in \`asked\` the flags that say which package is meant.
_mlpackage_walk() {
  local index word plain takes
  command= place=0 pending=none answer= asked=()
  for ((index = 1; index < \${#typed[@]} - 1; index++)); do
    word=\${typed[index]}
    if [ "$pending" = one ]; then
      pending=none
      case "$command \${typed[index - 1]}" in
      *" --file" | " -f" | *" --profile" | *" --set" | *" --directory" | *" -C")
        _mlpackage_unquote "$word"
        asked+=("\${typed[index - 1]}" "$plain")
        ;;
      esac
      continue
    fi
    case $word in
    --*=*)
      pending=none
      case $word in
      --file=* | --directory=* | --profile=* | --set=*)
        _mlpackage_unquote "$word"
        asked+=("$plain")
        ;;
      esac
      ;;
    -?*)
      _mlpackage_value "$command" "$word"
      pending=$takes
      ;;
    *)
      if [ "$pending" = all ]; then
        continue
      elif [ -z "$command" ]; then
        command=$word
      else
        place=$((place + 1))
      fi
      ;;
    esac
  done
}

# Asks the program itself, in the words that say which package is meant.
_mlpackage_ask() {
  local plain
  _mlpackage_unquote "\${typed[0]}"
  "$plain" "\${asked[@]}" "$@" --json 2>/dev/null </dev/null
}

# One proposal a line.
_mlpackage_propose() {
  case $1 in
  @step) _mlpackage_ask graph | ${STEP_WORDS} | sort -u ;;
  @code) _mlpackage_ask explain | ${CODE_WORDS} ;;
  *) printf '%s\\n' $1 ;;
  esac
}

_mlpackage() {
  local typed asked current plain word command place pending takes answer before=
  COMPREPLY=()
  _mlpackage_read_words
  _mlpackage_walk
  case $pending$current in
  one*) ;;
  *--*=*)
    _mlpackage_value "$command" "\${current%%=*}"
    current=\${current#*=}
    ;;
  none-* | all-*) _mlpackage_flags "$command" ;;
  all*) ;;
  *)
    if [ -z "$command" ]; then
      answer=$_mlpackage_commands
    else
      _mlpackage_place "$command" "$place"
    fi
    ;;
  esac
  case $answer in
  '') return ;;
  @file) compopt -o default -o filenames 2>/dev/null; return ;;
  @folder) compopt -o dirnames -o filenames 2>/dev/null; return ;;
  esac
  _mlpackage_unquote "$current"
  while IFS= read -r word; do
    case $word in "$plain"*) COMPREPLY+=("$word") ;; esac
  done < <(_mlpackage_propose "$answer")
  _mlpackage_spell
}

# As they are to be inserted: quoted, and without what stands before the last colon, where bash splits words there.
_mlpackage_spell() {
  local index before=
  case $current in [\\'\\"]*) return ;; esac
  case $COMP_WORDBREAKS$plain in *:*:*) before=\${plain%:*}: ;; esac
  for ((index = 0; index < \${#COMPREPLY[@]}; index++)); do
    COMPREPLY[index]=$(printf %q "\${COMPREPLY[index]#"$before"}")
  done
}

if [ "\${BASH_VERSINFO[0]}" -lt 4 ]; then
  # There a function cannot say for itself that it means a file.
  complete -o default -F _mlpackage mlpackage
else
  complete -F _mlpackage mlpackage
fi
`;
