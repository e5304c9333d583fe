import { useState } from "preact/hooks";
import { CodeBlock } from "./code-block.tsx";
import { indentJson } from "./indent-json.ts";
import type { Answer, Live } from "./live.ts";
import { useReader } from "./reader-context.ts";
import { Mark } from "./state-mark.tsx";
import { wordTime } from "./words.ts";

/** Asks the service that was started; not there while there is none. */
export function ScoreForm({ live: { service, sampleRequest = "" } }: { readonly live: Live }) {
  const reader = useReader();
  const [body, setBody] = useState(indentJson(sampleRequest));
  const [answer, setAnswer] = useState<Answer>();
  const [isAsking, setAsking] = useState(false);
  if (service.state === "none") return null;
  if (service.state === "failed") return <Failure reason={service.reason} />;
  const send = async (event: Event) => {
    event.preventDefault();
    if (reader === undefined || isAsking) return;
    setAsking(true);
    setAnswer(await reader.score(body));
    setAsking(false);
  };
  return (
    <section id="score" aria-labelledby="score-title">
      <h2 id="score-title">Score</h2>
      {service.state === "starting" ? (
        <p class="note">
          <Mark of="running" /> The service starts.
        </p>
      ) : (
        <p class="note">
          The service answers at <Address url={service.url} />
        </p>
      )}
      <form class="score" onSubmit={send}>
        <label for="score-body">Body of POST /score</label>
        <textarea
          id="score-body"
          rows={8}
          spellcheck={false}
          value={body}
          onInput={(event) => setBody(event.currentTarget.value)}
        />
        <button type="submit" disabled={service.state !== "ready" || isAsking}>
          {isAsking ? "Sending…" : "Send"}
        </button>
      </form>
      <div class="answered" aria-live="polite">
        {answer !== undefined && <AnswerText answer={answer} />}
      </div>
    </section>
  );
}

function Failure({ reason }: { readonly reason: string }) {
  return (
    <section id="score" aria-labelledby="score-title">
      <h2 id="score-title">Score</h2>
      <p class="note">
        <Mark of="error" /> The service did not start.
      </p>
      <CodeBlock text={reason} />
    </section>
  );
}

function AnswerText({ answer }: { readonly answer: Answer }) {
  if ("failure" in answer) {
    return (
      <p class="line">
        <Mark of="error" /> No answer: {answer.failure}
      </p>
    );
  }
  const { status, statusText, tookMs, body } = answer;
  return (
    <>
      <p class="line">
        <Mark of={status < 400 ? "succeeded" : "failed"} />
        <strong>
          {status} {statusText}
        </strong>{" "}
        after {wordTime(tookMs)}
      </p>
      <CodeBlock text={indentJson(body)} />
    </>
  );
}

/** A link where the address is one of the web. */
function Address({ url }: { readonly url: string }) {
  return /^https?:\/\//.test(url) ? <a href={url}>{url}</a> : <code>{url}</code>;
}
