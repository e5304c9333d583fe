import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

/** A shell at a terminal of its own, in which somebody types. */
export type TypingShell = {
  /** Types into an empty line; gives what stands there after the last key. */
  type(keys: string): Promise<string>;
  end(): Promise<void>;
};

export const TAB = "\t";
/** Puts all proposals into the line, in place of the word. */
export const ALL = "\x1b*";

const DUMP = "\x07";
const WAIT_MS = 20_000;

type Place = {
  /** Where the shell begins. */
  readonly folder: string;
  /** Where it keeps its own files. */
  readonly home: string;
  /** Lines for its startup file, after the usual ones. */
  readonly setup: string;
  readonly environment: Readonly<Record<string, string>>;
};

export async function startBash(place: Place): Promise<TypingShell> {
  const line = path.join(place.home, "line");
  const rc = path.join(place.home, "bashrc");
  await mkdir(place.home, { recursive: true });
  await writeFile(
    rc,
    `PS1='$ '; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; bind 'set page-completions off'
bind 'set completion-query-items 0'
__dump() { printf '%s' "$READLINE_LINE" >'${line}.new' && mv '${line}.new' '${line}'; READLINE_LINE=; }
bind -x '"\\C-g": __dump'
${place.setup}
PROMPT_COMMAND="touch '${line}.ready'"
`,
  );
  return startTyping(["bash", "--noprofile", "--rcfile", rc, "-i"], line, place);
}

export async function startZsh(place: Place): Promise<TypingShell> {
  const line = path.join(place.home, "line");
  await mkdir(place.home, { recursive: true });
  await writeFile(
    path.join(place.home, ".zshrc"),
    `PS1='$ '; setopt no_beep no_always_last_prompt no_list_beep; LISTMAX=9999
autoload -Uz compinit && compinit -u -d '${place.home}/dump'
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete
bindkey '^[*' all-matches
__dump() { print -rn -- "$BUFFER" >'${line}.new' && mv '${line}.new' '${line}'; BUFFER= }
zle -N __dump; bindkey '^G' __dump
${place.setup}
precmd() { touch '${line}.ready' }
`,
  );
  return startTyping(["zsh", "-i"], line, {
    ...place,
    environment: { ...place.environment, ZDOTDIR: place.home },
  });
}

async function startTyping(
  command: readonly string[],
  line: string,
  { folder, environment }: Place,
): Promise<TypingShell> {
  const child = execa("script", ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"], {
    cwd: folder,
    env: { TERM: "xterm", CI: "", ...environment },
    reject: false,
    all: true,
    timeout: 120_000,
  });
  const screen: string[] = [];
  child.all.on("data", (bytes) => screen.push(String(bytes)));
  const appear = async (file: string) => {
    for (const began = performance.now(); performance.now() - began < WAIT_MS; await sleep(20))
      if (existsSync(file)) return;
    throw new Error(`the shell did not answer; its screen:\n${screen.join("")}`);
  };
  await appear(`${line}.ready`);
  await sleep(100);
  return {
    async type(keys) {
      await rm(line, { force: true });
      child.stdin.write(keys);
      child.stdin.write(DUMP);
      await appear(line);
      return readFile(line, "utf8");
    },
    async end() {
      child.stdin.end("exit\r");
      await child;
    },
  };
}
