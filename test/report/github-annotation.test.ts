import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorDiagnostic, warningDiagnostic } from "../../src/model/diagnostic.ts";
import { renderGithubAnnotation } from "../../src/report/github-annotation.ts";

const test = suite("github annotation");
const file = { path: "mlpackage.yaml", text: "name: demo\nmodles: [a]\nb: c\n" };

test("names the place, the code, and what to do", () => {
  const location = { file, range: { start: 11, end: 17 } };
  const told = errorDiagnostic("config/unknown-key", "unknown key `modles`", {
    location,
    hint: "did you mean `models`?",
  });
  assert.is(
    renderGithubAnnotation(told, (path) => `packages/one/${path}`),
    "::error file=packages/one/mlpackage.yaml,line=2,col=1,endLine=2,endColumn=7,title=config/unknown-key::unknown key `modles`%0Ahint: did you mean `models`?\n",
  );
});

test("has no columns where the place spans lines", () => {
  const location = { file, range: { start: 11, end: 26 } };
  assert.is(
    renderGithubAnnotation(warningDiagnostic("config/no-effect", "nothing", { location }), (path) => path),
    "::warning file=mlpackage.yaml,line=2,endLine=3,title=config/no-effect::nothing\n",
  );
});

test("has no place where there is none", () => {
  assert.is(
    renderGithubAnnotation(errorDiagnostic("engine/unreachable", "no engine"), (path) => path),
    "::error title=engine/unreachable::no engine\n",
  );
});

test("cannot be ended, or begun anew, by what it tells", () => {
  const told = errorDiagnostic("config/bad-value", "100%0A\r\n::set-env name=A::b\n\u001b[31m", {
    location: { file, range: { start: 0, end: 1 } },
  });
  assert.is(
    renderGithubAnnotation(told, () => "a,b:c%\r\n::error::d.yaml"),
    "::error file=a%2Cb%3Ac%25%0D%0A%3A%3Aerror%3A%3Ad.yaml,line=1,col=1,endLine=1,endColumn=2,title=config/bad-value::100%250A\uFFFD%0A::set-env name=A::b%0A\uFFFD[31m\n",
  );
});

test.run();
