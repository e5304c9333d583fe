/** The service that a page can send a request to. */
export type Service =
  | { readonly state: "none" }
  | { readonly state: "starting" }
  | { readonly state: "ready"; readonly url: string }
  /** `reason` is what the terminal says of it. */
  | { readonly state: "failed"; readonly reason: string };

/** What a page knows besides the report where the run goes on behind it. */
export type Live = {
  readonly service: Service;
  /** A body that the service understands, for the form. */
  readonly sampleRequest?: string;
};

/** What came of a request; `failure` where nothing did. */
export type Answer =
  | { readonly status: number; readonly statusText: string; readonly tookMs: number; readonly body: string }
  | { readonly failure: string };

/** What a page can do in a browser, and cannot while it is rendered. */
export interface Reader {
  /** False where the browser does not let the page. */
  copy(text: string): Promise<boolean>;
  /** Sends the body to the service. */
  score(body: string): Promise<Answer>;
  readonly theme: ThemeChoice;
  /** For now, and for the next time where the browser remembers. */
  chooseTheme(theme: ThemeChoice): void;
  /** Shows the element with this id: what it is in is opened, and it has the focus. */
  reveal(id: string): void;
  /** What the window is called. */
  entitle(title: string): void;
}

export const THEMES = ["auto", "light", "dark"] as const;
export type ThemeChoice = (typeof THEMES)[number];
