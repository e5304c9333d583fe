import { type Callback, type Context, suite } from "uvu";

const LIMIT_MS = 120_000;

/** As uvu's `suite`, with a time limit for each test and hook: uvu has none, and one that hangs would take its whole file along. */
export function timedSuite<T extends Context = Context>(name: string, limitMs = LIMIT_MS) {
  const test = suite<T>(name);
  const timed =
    (title: string, act: Callback<T>): Callback<T> =>
    async (context) => {
      let timer: NodeJS.Timeout | undefined;
      const expiry = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`\`${title}\` took longer than ${limitMs} ms`)), limitMs);
      });
      try {
        await Promise.race([act(context), expiry]);
      } finally {
        clearTimeout(timer);
      }
    };
  const add = (title: string, act: Callback<T>): void => test(title, timed(title, act));
  return Object.assign(add, {
    before: (act: Callback<T>) => test.before(timed(`before ${name}`, act)),
    after: (act: Callback<T>) => test.after(timed(`after ${name}`, act)),
    run: () => test.run(),
  });
}
