/** Text as it was written. What is longer or wider than its box is scrolled, with the keyboard as well. */
export function CodeBlock({ text }: { readonly text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <pre tabIndex={0}>{text}</pre>
  );
}
