import type { PagesOf } from "./page.ts";

export const lockPages: PagesOf<"lock"> = {
  "lock/timed-out": {
    title: "another run was not finished in time",
    why: "It does the same step, or writes to the same place. What it makes would have been taken over; `--lock-timeout` said how long to wait.",
    mend: "Let it finish, or wait longer: `--lock-timeout 30m`. The message says which process it is, and on which machine.",
  },
};
