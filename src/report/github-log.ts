import type { BuildEvent } from "../model/engine.ts";
import type { RunEvent } from "../model/event.ts";
import { maskLogins } from "../model/mask-logins.ts";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { createPlainReporter } from "./plain.ts";
import { calmText } from "./printed-text.ts";

/** So many lines of a step are kept, its last. */
const MOST_LINES = 10_000;

/**
 * Plain lines, and what each step printed: folded, in the words of GitHub Actions, but for a step that failed. Steps run
 * at once, so what one prints is held until it ends.
 */
export function createGithubReporter(terminal: Terminal): Reporter {
  const held = new Map<string, ReturnType<typeof holdLines>>();
  let lines: string[] = [];
  const plain = createPlainReporter({ ...terminal, write: (text) => lines.push(text) });
  const take = () => lines.splice(0).join("");

  function finish({ step, outcome }: Extract<RunEvent, { readonly type: "step-finished" }>): void {
    const printed = held.get(step.id)?.release() ?? [];
    held.delete(step.id);
    const text = printed.map((line) => `${line}\n`).join("");
    const title = take();
    const isFolded = text !== "" && outcome.status !== "failed";
    terminal.write(isFolded ? `::group::${title}${text}::endgroup::\n` : `${title}${text}`);
  }

  return {
    handle(event) {
      plain.handle(event);
      if (event.type === "step-finished") {
        finish(event);
      } else if (event.type === "step-output" && event.activity.type !== "transferring") {
        const holding = held.get(event.step.id) ?? holdLines();
        held.set(event.step.id, holding);
        if (event.activity.type === "build") holding.build(event.activity.event, take());
        if (event.activity.type === "log") holding.print(event.activity.text);
      } else terminal.write(take());
    },
    close() {
      for (const { release } of held.values())
        terminal.write(
          release()
            .map((line) => `${line}\n`)
            .join(""),
        );
      lines = [];
      plain.close();
    },
  };
}

/** What one step printed: of a build, below each instruction what that printed. */
function holdLines() {
  const lines: string[] = [];
  const open = new Map<string, string>();

  function print(text: string): void {
    lines.push(
      ...text
        .split("\n")
        .map(shield)
        .filter((line) => line !== ""),
    );
    if (lines.length > 2 * MOST_LINES) lines.splice(0, lines.length - MOST_LINES);
  }

  return {
    print,
    /** `told` is what the plain lines say of it. */
    build(event: BuildEvent, told: string): void {
      if (event.type === "vertex-log") open.set(event.vertex, (open.get(event.vertex) ?? "") + event.text);
      if (event.type !== "vertex-finished") return;
      if (told !== "") lines.push(told.trimEnd());
      print(open.get(event.vertex) ?? "");
      open.delete(event.vertex);
    },
    release(): readonly string[] {
      for (const text of open.values()) print(text);
      return lines.slice(-MOST_LINES);
    },
  };
}

/**
 * A line that is no command to GitHub, whatever it says: the runner obeys lines that begin with `::`, whatever space is
 * before it, and reads `##[` anywhere.
 */
function shield(line: string): string {
  const shown = line.split("\r").findLast((part) => part !== "") ?? "";
  if (shown.trim() === "") return "";
  return `    | ${maskLogins(calmText(shown)).replaceAll("##[", "# #[")}`;
}
