import { useEffect, useState } from "preact/hooks";
import { THEMES, type ThemeChoice } from "./live.ts";
import { useReader } from "./reader-context.ts";

/** Light, dark, or as the reader's system has it. */
export function ThemeSwitch() {
  const reader = useReader();
  const [chosen, setChosen] = useState<ThemeChoice>("auto");
  // Only now: the page as it was rendered knows nothing of what this reader chose.
  useEffect(() => setChosen(reader?.theme ?? "auto"), [reader]);
  const choose = (theme: ThemeChoice) => {
    reader?.chooseTheme(theme);
    setChosen(theme);
  };
  return (
    <fieldset class="themes scripted">
      <legend class="unseen">Colours</legend>
      {THEMES.map((theme) => (
        <button key={theme} type="button" aria-pressed={theme === chosen} onClick={() => choose(theme)}>
          {theme}
        </button>
      ))}
    </fieldset>
  );
}
