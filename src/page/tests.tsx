import type { ReportedTest, RequestResult, TestFailure } from "../model/test-result.ts";
import { CodeBlock } from "./code-block.tsx";
import { indentJson } from "./indent-json.ts";
import { State } from "./state-mark.tsx";
import { count, wordTime } from "./words.ts";

/** What the image was asked, and what it answered. */
export function Tests({ tests }: { readonly tests: readonly ReportedTest[] }) {
  if (tests.length === 0) return null;
  return (
    <section id="tests" aria-labelledby="tests-title">
      <h2 id="tests-title">Tests</h2>
      {tests.map((test) => (
        <article class="test" key={test.name}>
          <div class="test-head">
            <h3>{test.name}</h3>
            <State of={test.status} />
            <span class="told">{wordTest(test)}</span>
          </div>
          {test.status !== "not-run" && (
            <>
              {test.failures.map((failure) => (
                <Failure key={failure.message} failure={failure} />
              ))}
              {test.requests.map((request, index) => (
                <Request key={index} request={request} />
              ))}
            </>
          )}
        </article>
      ))}
    </section>
  );
}

function wordTest(test: ReportedTest): string {
  if (test.status === "not-run") return test.reason;
  const requests = count(test.requests.length, "request");
  return test.isCached
    ? "passed earlier, and nothing has changed since"
    : `${requests} in ${wordTime(test.durationMs)}`;
}

function Failure({ failure: { message, excerpt } }: { readonly failure: TestFailure }) {
  return (
    <div class="failure">
      <p>{message}</p>
      {excerpt.length > 0 && <CodeBlock text={excerpt.join("\n")} />}
    </div>
  );
}

function Request({
  request: { method, path, status, latencies, answer },
}: {
  readonly request: RequestResult;
}) {
  const { count: answers, p50, p95, max } = latencies;
  return (
    <div class="request">
      <p class="line">
        <code>
          <strong>{method}</strong> {path}
        </code>
        <span class="told">{status === undefined ? "no answer" : `status ${status}`}</span>
      </p>
      {answers === 1 && (
        <dl class="facts">
          <Latency name="Answered after" ms={max} />
        </dl>
      )}
      {answers > 1 && (
        <dl class="facts">
          <div>
            <dt>Answers</dt>
            <dd>{answers}</dd>
          </div>
          <Latency name="p50" ms={p50} />
          <Latency name="p95" ms={p95} />
          <Latency name="Longest" ms={max} />
        </dl>
      )}
      {answer !== undefined && answer !== "" && (
        <details class="answer" open={answer.length < 300}>
          <summary>Answer</summary>
          <CodeBlock text={indentJson(answer)} />
        </details>
      )}
    </div>
  );
}

function Latency({ name, ms }: { readonly name: string; readonly ms: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{ms < 10 ? `${ms.toFixed(1)} ms` : wordTime(ms)}</dd>
    </div>
  );
}
