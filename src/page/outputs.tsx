import type { ReportedOutput } from "../model/run-report.ts";
import { CodeBlock } from "./code-block.tsx";
import { CopyButton, DigestText } from "./copy-button.tsx";
import { State } from "./state-mark.tsx";

/** What the run leaves behind, and what to type to have it. */
export function Outputs({ outputs }: { readonly outputs: readonly ReportedOutput[] }) {
  if (outputs.length === 0) return null;
  return (
    <section id="outputs" aria-labelledby="outputs-title">
      <h2 id="outputs-title">Outputs</h2>
      {outputs.map(({ step, type, name, state, digest, commands }) => (
        <article class="output" key={step}>
          <div class="output-head">
            <h3>
              <code>{name}</code>
            </h3>
            <State of={state} />
            <span class="told">{type}</span>
            {digest !== undefined && <DigestText digest={digest} of={name} />}
          </div>
          {commands.length > 0 && (
            <dl class="commands">
              {commands.map(({ does, command }) => (
                <div key={command}>
                  <dt>{does}</dt>
                  <dd>
                    <CodeBlock text={command} />
                    <CopyButton text={command} what={`the command that ${does}`} />
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </article>
      ))}
    </section>
  );
}
