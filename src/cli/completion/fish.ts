import { CODE_WORDS, STEP_WORDS } from "./asked-words.ts";
import type { Answer, Described, DescribedLine, Flag, Place } from "./describe-commands.ts";

/** A script for fish from 3.0 on. */
export function renderFish({ shared, commands }: DescribedLine): string {
  return `# Completion of mlpackage for fish: \`mlpackage completion fish\` prints this.

# Reads the words before the cursor, into variables of these names: the command, the number of its next place, the flag
# whose words go on, the program, and the flags that say which package is meant.
function __mlpackage_walk
    set -l typed (commandline -opc)
    set -g __mlpackage_program (string replace -r '^~/' "$HOME/" -- $typed[1])
    set -g __mlpackage_command
    set -g __mlpackage_place 0
    set -g __mlpackage_going
    set -g __mlpackage_asked
    set -l pending
    for word in $typed[2..-1]
        if test -n "$pending"
            contains -- $pending -f --file -C --directory --profile --set
            and set -a __mlpackage_asked $pending $word
            set pending
            continue
        end
        switch $word
            case '--file=*' '--directory=*' '--profile=*' '--set=*'
                set -a __mlpackage_asked $word
                set __mlpackage_going
            case '-*'
                set __mlpackage_going
                if contains -- "$__mlpackage_command $word" ${ownFlags(commands, "all")}
                    set __mlpackage_going $word
                else if __mlpackage_takes_one $word
                    set pending $word
                end
            case '*'
                if test -n "$__mlpackage_going"
                    continue
                else if test -z "$__mlpackage_command"
                    set __mlpackage_command $word
                else
                    set __mlpackage_place (math $__mlpackage_place + 1)
                end
        end
    end
end

# Whether a word belongs to the flag $argv[1]: what a letter means before a command it may not mean after it.
function __mlpackage_takes_one
    contains -- "$__mlpackage_command $argv[1]" ${ownFlags(commands, "one")}
    or begin
        contains -- $argv[1] ${flagList(shared, "one")}
        and not contains -- "$__mlpackage_command $argv[1]" ${ownFlags(commands, "none")}
    end
end

function __mlpackage_has_none
    __mlpackage_walk
    test -z "$__mlpackage_command"
end

# Whether the command is $argv[1].
function __mlpackage_is
    __mlpackage_walk
    test "$__mlpackage_command" = $argv[1]
end

# Whether the next word is the place $argv[2] of the command $argv[1].
function __mlpackage_is_at
    __mlpackage_is $argv[1]
    and test $__mlpackage_place = $argv[2] -a -z "$__mlpackage_going"
end

# Whether the next word may be one more for the flag $argv[2] of the command $argv[1].
function __mlpackage_goes_on
    __mlpackage_is $argv[1]
    and test "$__mlpackage_going" = $argv[2]
end

function __mlpackage_ask
    __mlpackage_walk
    $__mlpackage_program $__mlpackage_asked $argv --json 2>/dev/null </dev/null
end

function __mlpackage_steps
    __mlpackage_ask graph | ${STEP_WORDS} | sort -u
end

function __mlpackage_codes
    __mlpackage_ask explain | ${CODE_WORDS}
end

complete -c mlpackage -e
complete -c mlpackage -f
${shared.flatMap((flag) => sharedLines(flag, commands)).join("\n")}
${commands.flatMap(commandLines).join("\n")}
`;
}

const ADD = "complete -c mlpackage";

function commandLines({ name, summary, flags, places }: Described): readonly string[] {
  return [
    "",
    `${ADD} -n __mlpackage_has_none -a ${name} -d ${quote(summary)}`,
    ...flags.flatMap((flag) => flagLines(flag, name)),
    ...places.flatMap((place, index) => placeLines(place, name, index)),
  ];
}

function sharedLines(flag: Flag, commands: readonly Described[]): readonly string[] {
  const { letter } = flag;
  const others = commands.filter(({ flags }) => flags.some((own) => own.letter === letter));
  const long = `${ADD} ${spelling(flag.name)} ${restOf(flag)}`;
  if (letter === undefined) return [long];
  const condition = others.map(({ name }) => `not __mlpackage_is ${name}`).join("; and ");
  const where = condition === "" ? "" : ` -n ${quote(condition)}`;
  return [long, `${ADD}${where} ${spelling(letter)} ${restOf(flag)}`];
}

function flagLines(flag: Flag, command: string): readonly string[] {
  const { name, letter, takes, answer } = flag;
  const spellings = [name, ...(letter === undefined ? [] : [letter])].map(spelling).join(" ");
  const line = `${ADD} -n ${quote(`__mlpackage_is ${command}`)} ${spellings} ${restOf(flag)}`;
  if (takes !== "all" || answer === undefined) return [line];
  return [line, `${ADD} -n ${quote(`__mlpackage_goes_on ${command} ${name}`)} ${wordsOf(answer)}`];
}

function placeLines({ describe, answer }: Place, command: string, index: number): readonly string[] {
  if (answer === undefined) return [];
  const condition = quote(`__mlpackage_is_at ${command} ${index}`);
  return [
    `${ADD} -n ${condition} ${wordsOf(answer)}${typeof answer === "string" ? "" : ` -d ${quote(describe)}`}`,
  ];
}

function restOf({ describe, takes, answer }: Flag): string {
  const value = takes === "none" ? "" : answer === undefined ? " -x" : ` -r ${wordsOf(answer)}`;
  return `-d ${quote(describe)}${value}`;
}

function wordsOf(answer: NonNullable<Answer>): string {
  switch (answer) {
    case "file":
      return "-F";
    case "folder":
      return "-f -a '(__fish_complete_directories (commandline -ct))'";
    case "step":
      return "-f -a '(__mlpackage_steps)'";
    case "code":
      return "-f -a '(__mlpackage_codes)'";
    default:
      return `-f -a ${quote(answer.join(" "))}`;
  }
}

/** `-s f` or `-l file`. */
const spelling = (flag: string): string =>
  flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;

const quote = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
const spellingsOf = ({ name, letter }: Flag) => (letter === undefined ? [name] : [name, letter]);

function flagList(flags: readonly Flag[], takes: Flag["takes"]): string {
  return flags
    .filter((flag) => flag.takes === takes)
    .flatMap(spellingsOf)
    .join(" ");
}

function ownFlags(commands: readonly Described[], takes: Flag["takes"]): string {
  const own = commands.flatMap(({ name, flags }) =>
    flags
      .filter((flag) => flag.takes === takes)
      .flatMap(spellingsOf)
      .map((one) => quote(`${name} ${one}`)),
  );
  return own.join(" ");
}
