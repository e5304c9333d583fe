/*
 * What a program gets that imports mlpackage. Written by schemas/generate.ts from src/model/api.ts and
 * src/library/library.ts. A change in here is a change for others: CHANGELOG.md has it.
 */

/** Checks the file and every path it names; touches nothing. */
export declare function validate(options?: PackageOptions): Promise<ValidateResult>;
/** Says what `apply` would do, step by step, and why. */
export declare function plan(options?: PlanOptions): Promise<PlanResult>;
/** Builds, tests and writes the outputs; only what changed runs. */
export declare function apply(options?: ApplyOptions): Promise<ApplyResult>;

/** Which package, and in what world. The names are those of the command line. */
export type PackageOptions = {
    /** The folder to work in: `-C`. The process's own, if left out. */
    readonly directory?: string | undefined;
    /** The configuration file, or several, each merged over those before it: `-f`. */
    readonly file?: string | readonly string[] | undefined;
    /** Profiles of the file to merge over the rest of it: `--profile`. */
    readonly profile?: string | readonly string[] | undefined;
    /** `key.path=value`: overrides values of the file, as `--set` does. */
    readonly set?: readonly string[] | undefined;
    /** The variables that the file, the engine and logins are looked up in; the process's own, if left out. */
    readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
    /** Ends what is under way, in order; the result then says `cancelled`. */
    readonly signal?: AbortSignal | undefined;
};
export type PlanOptions = PackageOptions & {
    /** Only these steps, by id or kind, and what they need: `--only`. */
    readonly only?: readonly string[] | undefined;
    /** False takes nothing from the cache: `--no-cache`. */
    readonly cache?: boolean | undefined;
    /** False leaves the tests out: `--no-test`. */
    readonly test?: boolean | undefined;
    /** `--deny-unsafe-pickle` */
    readonly denyUnsafePickle?: boolean | undefined;
};
export type ApplyOptions = PlanOptions & {
    /** How many steps run at once: `--jobs`, 8 if left out. */
    readonly jobs?: number | undefined;
    /** Goes on with other steps after a failure: `--keep-going`. */
    readonly keepGoing?: boolean | undefined;
    /** Refuses a lock that does not match the file: `--frozen`. True in CI, if left out. */
    readonly frozen?: boolean | undefined;
    /** Speaks to nobody but the engine: `--offline`. */
    readonly offline?: boolean | undefined;
    /** A folder of `mlpackage vendor`. */
    readonly vendor?: string | undefined;
    /** How long to wait for another run, in milliseconds: `--lock-timeout`. */
    readonly lockTimeoutMs?: number | undefined;
    /** A file for a timeline of the run: `--trace`. */
    readonly trace?: string | undefined;
    /** A file for a JUnit report of the tests: `--junit`. */
    readonly junit?: string | undefined;
    /**
     * Called with what happens, in order and as it happens. Where the lock has to be brought up to date first, that is a
     * run of its own: `plan-ready` and `run-finished` come twice then.
     */
    readonly onEvent?: ((event: ApplyEvent) => void) | undefined;
};
/** What the user, or the world, did wrong: nothing is thrown for it. */
export type Refused = {
    readonly ok: false;
    /** Why; empty where the signal was all there was. */
    readonly diagnostics: readonly Diagnostic[];
    readonly warnings: readonly Diagnostic[];
    /** Whether the signal ended it. */
    readonly cancelled: boolean;
};
export type ValidateResult = Refused | {
    readonly ok: true;
    readonly warnings: readonly Diagnostic[];
};
export type PlanResult = Refused | {
    readonly ok: true;
    readonly plan: Plan;
    readonly warnings: readonly Diagnostic[];
};
/** A run that failed half-way has steps too: those that were done stay done. */
export type ApplyResult = (Refused & Applied) | ({
    readonly ok: true;
    readonly warnings: readonly Diagnostic[];
} & Applied);
export type Applied = {
    /** Every step with how it ended, in the order of the graph; empty where none was begun. */
    readonly steps: readonly AppliedStep[];
    readonly tests: readonly AppliedTest[];
};
/**
 * One thing to know about what was given. `code` never changes its meaning (`mlpackage explain CODE`); `message` is one
 * fact; `hint` says what to do. Lines and columns count from one.
 */
export type Diagnostic = {
    readonly code: string;
    readonly severity: "error" | "warning";
    readonly message: string;
    readonly hint?: string;
    readonly file?: string;
    readonly line?: number;
    readonly column?: number;
    readonly endLine?: number;
    readonly endColumn?: number;
    /** The JSON pointer of the value in the file. */
    readonly path?: string;
    readonly related?: readonly RelatedPlace[];
    /** Lines of somebody else's output that show the reason. */
    readonly excerpt?: readonly string[];
    readonly details?: JsonRecord;
};
export type RelatedPlace = {
    readonly message: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly endLine: number;
    readonly endColumn: number;
};
export type Json = null | boolean | number | string | readonly Json[] | {
    readonly [key: string]: Json;
};
export type JsonRecord = {
    readonly [key: string]: Json;
};
/** What `apply` would do; `plan --json` prints the same. */
export type Plan = {
    readonly format: 1;
    readonly package: string;
    readonly file: string;
    readonly options: {
        readonly only: readonly string[];
        readonly force: boolean;
        readonly noTest?: boolean;
        readonly denyUnsafePickle?: boolean;
        /** The keys that were set; not the values, which may be secrets. */
        readonly set: readonly string[];
    };
    readonly steps: readonly PlannedStep[];
    readonly summary: Readonly<Record<PlannedStep["verdict"], number>>;
};
/** `pending`: whether it runs depends on what the steps in `on` will make. */
export type PlannedStep = {
    readonly id: string;
    readonly kind: string;
    readonly name: string;
    readonly verdict: "fresh" | "restore" | "run" | "pending";
    /** Of `run`. */
    readonly because?: readonly Reason[];
    /** Of `pending`. */
    readonly on?: readonly string[];
    /** Of `restore`. */
    readonly from?: string;
    /** Steps that it reads, and steps that must have succeeded before. */
    readonly needs: readonly string[];
    readonly after: readonly string[];
    readonly key?: string;
    readonly inputs: string;
    readonly lastDurationMs?: number;
};
/** Why a step runs. */
export type Reason = {
    readonly type: "new" | "forced" | "called-for" | "evicted" | "damaged" | "failed-before";
} | {
    readonly type: "gone";
    readonly what: string;
} | {
    readonly type: "upstream";
    readonly step: string;
} | {
    readonly type: "input-added" | "input-removed";
    readonly input: string;
} | {
    readonly type: "input-changed";
    readonly input: string;
    readonly from?: string;
    readonly to?: string;
};
export type AppliedStep = {
    readonly id: string;
} & StepOutcome;
/** `blocked` by the failure of others; `fresh`: it had nothing to do; `restored`: another machine had made it. */
export type StepOutcome = {
    readonly status: "succeeded";
    readonly output: StepOutput;
    readonly durationMs: number;
} | {
    readonly status: "fresh";
    readonly output: StepOutput;
    readonly savedMs?: number;
} | {
    readonly status: "restored";
    readonly output: StepOutput;
    readonly from: string;
    readonly durationMs: number;
    readonly savedMs?: number;
} | {
    readonly status: "failed";
    readonly diagnostics: readonly Diagnostic[];
    readonly durationMs: number;
} | {
    readonly status: "blocked";
    readonly by: readonly string[];
} | {
    readonly status: "cancelled";
};
/** What a step made: files by digest, and small facts such as an image's digest. */
export type StepOutput = {
    readonly digest: string;
    readonly files: readonly {
        readonly path: string;
        readonly digest: string;
        readonly size: number;
        readonly mode: number;
        readonly origin?: string;
    }[];
    readonly values: JsonRecord;
};
/** `cached`: it passed earlier, and nothing has changed since. */
export type AppliedTest = (TestResult & {
    readonly status: "passed" | "failed";
    readonly cached: boolean;
}) | {
    readonly name: string;
    readonly status: "not-run";
    readonly reason: string;
};
export type TestResult = {
    readonly name: string;
    readonly durationMs: number;
    readonly requests: readonly {
        readonly method: string;
        readonly path: string;
        readonly status?: number;
        readonly latencies: {
            readonly count: number;
            readonly p50: number;
            readonly p95: number;
            readonly max: number;
        };
        readonly answer?: string;
    }[];
    readonly failures: readonly {
        readonly message: string;
        readonly excerpt: readonly string[];
    }[];
};
/** What happens in a run; `--progress json` prints the same. Times are milliseconds since the run began. */
export type ApplyEvent = {
    readonly type: "plan-ready";
    readonly timeMs: number;
    readonly steps: readonly {
        readonly id: string;
        readonly needs: readonly string[];
        readonly after: readonly string[];
    }[];
}
/** The step has all it needs, and waits for another run. */
 | {
    readonly type: "step-waiting";
    readonly timeMs: number;
    readonly step: string;
    readonly owner: {
        readonly pid: number;
        readonly host: string;
        readonly isHere: boolean;
        readonly purpose: string;
    };
} | {
    readonly type: "step-started";
    readonly timeMs: number;
    readonly step: string;
    readonly because: readonly Reason[];
} | {
    readonly type: "step-output";
    readonly timeMs: number;
    readonly step: string;
    readonly activity: StepActivity;
} | {
    readonly type: "step-finished";
    readonly timeMs: number;
    readonly step: string;
    readonly outcome: StepOutcome;
} | {
    readonly type: "diagnostic";
    readonly timeMs: number;
    readonly diagnostic: Diagnostic;
} | {
    readonly type: "run-finished";
    readonly timeMs: number;
    /** By the id of the step. */
    readonly outcomes: Readonly<Record<string, StepOutcome["status"]>>;
};
/** What a step says while it runs. */
export type StepActivity = {
    readonly type: "log" | "doing";
    readonly text: string;
} | {
    readonly type: "build";
    readonly event: BuildEvent;
} | {
    readonly type: "transferring";
    readonly progress: TransferProgress;
    readonly bytesPerSecond?: number;
} | {
    readonly type: "tested";
    readonly result: TestResult;
};
/** What BuildKit tells. */
export type BuildEvent = {
    readonly type: "vertex-started";
    readonly vertex: string;
    readonly name: string;
} | {
    readonly type: "vertex-finished";
    readonly vertex: string;
    readonly name: string;
    readonly cached: boolean;
    readonly durationMs: number;
    readonly error?: string;
} | {
    readonly type: "vertex-log";
    readonly vertex: string;
    readonly text: string;
} | {
    readonly type: "vertex-progress";
    readonly vertex: string;
    readonly name: string;
    readonly currentBytes: number;
    readonly totalBytes?: number;
};
export type TransferProgress = {
    readonly bytes: number;
    readonly totalBytes?: number;
    readonly counts?: {
        readonly done: number;
        readonly all: number;
    };
    readonly files?: readonly {
        readonly path: string;
        readonly bytes: number;
        readonly size?: number;
    }[];
    readonly waiting?: {
        readonly reason: string;
        readonly forMs: number;
    };
};
