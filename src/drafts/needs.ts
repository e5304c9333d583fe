/** What an image needs for a model, whoever has written the script. */
export type Needs = {
  /** As pip takes them. */
  readonly requirements: readonly string[];
  /** Said above them. */
  readonly told?: readonly string[];
  readonly extraIndex?: string;
  readonly systemPackages?: readonly string[];
  readonly pythons?: readonly WantedPython[];
  /** The list that MLflow keeps beside a model, in place of requirements. */
  readonly file?: string;
  /** What it needs besides, which no package of a known name brings. */
  readonly toDo?: string;
};

/** Versions of Python as PEP 440 says them, and why it has to be one of these. */
export type WantedPython = { readonly versions: string; readonly why: string };
