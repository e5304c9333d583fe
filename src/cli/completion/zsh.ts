import { CODE_WORDS, STEP_WORDS } from "./asked-words.ts";
import type { Answer, Described, DescribedLine, Flag, Place } from "./describe-commands.ts";

/** A script for zsh, to be sourced after `compinit` or to lie in a folder of `$fpath` as `_mlpackage`. */
export function renderZsh({ shared, commands }: DescribedLine): string {
  return `#compdef mlpackage
# Completion of mlpackage for zsh: \`mlpackage completion zsh\` prints this.

# Asks the program itself, in the words that say which package is meant.
_mlpackage_ask() {
  local program=\${(Q)mlpackage_words[1]} asked=() at
  for ((at = 2; at < $#mlpackage_words; at++)); do
    case $mlpackage_words[at] in
    --file=* | --directory=* | --profile=* | --set=*) asked+=("\${(Q)mlpackage_words[at]}") ;;
    -f | --file | -C | --directory | --profile | --set)
      asked+=($mlpackage_words[at] "\${(Q)mlpackage_words[at + 1]}")
      ;;
    esac
  done
  "\${program/#\\~\\//$HOME/}" $asked "$@" --json 2>/dev/null </dev/null
}

_mlpackage_steps() {
  local -aU found=(\${(f)"$(_mlpackage_ask graph | ${STEP_WORDS})"})
  _wanted steps expl step compadd -a found
}

_mlpackage_codes() {
  local -aU found=(\${(f)"$(_mlpackage_ask explain | ${CODE_WORDS})"})
  _wanted codes expl code compadd -a found
}

_mlpackage_commands() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join("\n")}
  )
  _describe -t commands command commands
}

_mlpackage() {
  local curcontext=$curcontext state line ret=1 mlpackage_words=("\${(@)words}")
  typeset -A opt_args
  local -a shared=(
${shared.flatMap(specsOf).map(inList).join("\n")}
  )
  _arguments -C -A '-*' $shared ':command:->command' '*::argument:->argument' && ret=0
  case $state in
  command) _mlpackage_commands && ret=0 ;;
  argument)
    curcontext=\${curcontext%:*:*}:mlpackage-$words[1]:
    case $words[1] in
${commands.map((command) => branchOf(command, shared)).join("\n")}
    esac
    ;;
  esac
  return ret
}

if [ "$funcstack[1]" = _mlpackage ]; then
  _mlpackage "$@"
else
  compdef _mlpackage mlpackage
fi
`;
}

const inList = (spec: string): string => `    ${spec}`;

/** A letter that means something else after a command gives way. */
function branchOf({ name, flags, places }: Described, shared: readonly Flag[]): string {
  const own = new Set(flags.map(({ letter }) => letter));
  const hidden = shared.flatMap(({ letter }) => (letter !== undefined && own.has(letter) ? [letter] : []));
  const others = hidden.reduce((list, letter) => `\${${list}:#*${letter}\\[*}`, "shared");
  const specs = [...flags.flatMap(specsOf), ...places.map(placeSpec)].map((spec) => `      ${spec}`);
  return [
    `    ${name})`,
    [`      _arguments ${others === "shared" ? "$shared" : others}`, ...specs].join(" \\\n  "),
    "      ret=$?",
    "      ;;",
  ].join("\n");
}

/** One spelling each, as \`_arguments\` reads them. */
function specsOf({ name, letter, describe, takes, answer, isRepeatable }: Flag): readonly string[] {
  const spellings = letter === undefined ? [name] : [name, letter];
  const start = isRepeatable ? "*" : spellings.length > 1 ? `(${spellings.join(" ")})` : "";
  return spellings.map((one) => {
    const sign = takes === "one" && one.startsWith("--") ? "=" : "";
    const value =
      takes === "none" ? "" : `:${takes === "all" ? "*-*:" : ""}${messageOf(name)}:${actionOf(answer)}`;
    return quote(`${start}${one}${sign}[${inBrackets(describe)}]${value}`);
  });
}

function placeSpec({ name, answer, isRequired }: Place): string {
  return quote(`${isRequired ? ":" : "::"}${name}:${actionOf(answer)}`);
}

const messageOf = (name: string): string => name.replace(/^--/, "");

function actionOf(answer: Answer): string {
  switch (answer) {
    case undefined:
      return " ";
    case "file":
      return "_files";
    case "folder":
      return "_files -/";
    case "step":
      return "_mlpackage_steps";
    case "code":
      return "_mlpackage_codes";
    default:
      return `(${answer.join(" ")})`;
  }
}

const inBrackets = (text: string): string => text.replace(/[[\]\\:]/g, "\\$&");
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
