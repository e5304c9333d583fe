import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createListener } from "../../src/cli/listen-to-diagnostics.ts";
import { createReporter, type Session } from "../../src/cli/session.ts";
import { errorDiagnostic, warningDiagnostic } from "../../src/model/diagnostic.ts";
import { makeCall } from "../fakes/call.ts";

const test = suite("listening to diagnostics");

const WARNING = warningDiagnostic("config/root-user", "the service runs as root");
const ERROR = errorDiagnostic("config/missing-key", "`name` is missing");
const OTHER = errorDiagnostic("config/unknown-key", "unknown key `nam`");

/** What is said to hear of these diagnostics, and of no more. */
function listen(changes: Partial<Session>, ...told: readonly (typeof ERROR)[]): string {
  const { session, said } = makeCall({});
  const listener = createListener({ ...session, isTerminal: true, ...changes });
  for (const one of told) listener.hear([one]);
  listener.finish();
  return said.words;
}

test("at a terminal, says once where to read more of the first error", () => {
  assert.is(listen({}, WARNING, ERROR, OTHER), "`mlpackage explain config/missing-key` tells more\n");
});

test("says nothing after warnings, with --json or --quiet, or where nobody looks on", () => {
  const { session } = makeCall({});
  const withOption = (one: object): Partial<Session> => ({ options: { ...session.options, ...one } });
  assert.is(listen({}, WARNING), "");
  assert.is(listen(withOption({ json: true }), ERROR), "");
  assert.is(listen(withOption({ quiet: true }), ERROR), "");
  assert.is(listen({ isTerminal: false }, ERROR), "");
});

test("does not send whoever misspelt a code to the page of that mistake", () => {
  assert.is(listen({}, errorDiagnostic("cli/unknown-code", "there is no code `a`")), "");
});

test("annotates for GitHub from the root of the repository on", () => {
  const file = { path: "../two/mlpackage.yaml", text: "name: demo\n" };
  const placed = { ...ERROR, location: { file, range: { start: 0, end: 4 } } };
  const inWorkspace = (workspace: object): Partial<Session> => {
    const { session } = makeCall({}, { workingDirectory: "/home/runner/work/repo/packages/one" });
    const environment = { GITHUB_ACTIONS: "true", ...workspace };
    const { workingDirectory } = session;
    return { workingDirectory, isTerminal: false, host: { ...session.host, environment } };
  };
  const told = (place: string) =>
    `::error file=${place},line=1,col=1,endLine=1,endColumn=5,title=config/missing-key::\`name\` is missing\n`;
  const workspace = { GITHUB_WORKSPACE: "/home/runner/work/repo" };
  assert.is(listen(inWorkspace(workspace), placed), told("packages/two/mlpackage.yaml"));
  const nowhere = "::error title=config/missing-key::`name` is missing\n";
  assert.is(listen(inWorkspace({}), placed), nowhere);
  const argument = { ...placed.location, file: { path: "--set", text: "name=1" } };
  assert.is(listen(inWorkspace(workspace), { ...ERROR, location: argument }), nowhere);
});

test("hears what a run tells while it goes on", async () => {
  const { session } = makeCall({});
  const heard: string[] = [];
  const onTold: Session["onTold"] = (told) => heard.push(...told.map(({ code }) => code));
  const reporter = await createReporter({ ...session, onTold });
  reporter.handle({ type: "diagnostic", diagnostic: WARNING, timeMs: 0 });
  reporter.handle({ type: "run-finished", outcomes: new Map(), timeMs: 0 });
  reporter.close();
  assert.equal(heard, ["config/root-user"]);
});

test.run();
