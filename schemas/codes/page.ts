/** What is to be known of a diagnostic code beyond the message, which knows the case at hand. Code stands in backticks. */
export type Page = {
  /** What happened, in one line: it stands in the list, too. */
  readonly title: string;
  /** What it means, and why it is told or refused. */
  readonly why: string;
  /** What to do, and to type. */
  readonly mend: string;
  /** Which case below `fixtures/invalid` to show, and the words in it that set it right. Without it, the shortest is shown. */
  readonly example?: Example;
};

export type Example = {
  readonly fixture: string;
  /** Of the file that the message is about. */
  readonly replace: readonly [from: string, to: string];
};

/** The pages of a namespace, each by its whole code, so that a search for the code finds it. */
export type PagesOf<Namespace extends string> = Readonly<Record<`${Namespace}/${string}`, Page>>;
