import { useEffect, useState } from "preact/hooks";
import { useReader } from "./reader-context.ts";
import { shortened } from "./words.ts";

const SAYS = { idle: "Copy", copied: "Copied", refused: "Not allowed" };
/** How long the button says what came of it. */
const SAYS_FOR_MS = 2000;

/** Puts a text into the clipboard. Without a script there is no such button. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const reader = useReader();
  const [state, setState] = useState<keyof typeof SAYS>("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SAYS_FOR_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => setState((await reader?.copy(text)) === true ? "copied" : "refused");
  return (
    <button type="button" class={`copy scripted ${state}`} onClick={copy}>
      <span aria-live="polite">{SAYS[state]}</span>
      <span class="unseen"> {what}</span>
    </button>
  );
}

/** A digest by its beginning, and all of it for the clipboard. */
export function DigestText({ digest, of }: { readonly digest: string; readonly of: string }) {
  return (
    <span class="digest">
      <code title={digest}>{shortened(digest)}</code>
      <CopyButton text={digest} what={`the digest of ${of}`} />
    </span>
  );
}
