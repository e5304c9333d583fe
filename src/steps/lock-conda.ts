import { readChannel } from "../conda/read-channel.ts";
import { solve } from "../conda/solve.ts";
import type { CondaPackages } from "../model/config.ts";
import { digestOfValue } from "../model/digest.ts";
import type { LockedCondaPackage, LockedCondaPlatforms } from "../model/lock-file.ts";
import type { StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";

export const LOCK_OF_CONDA = "lock:conda";

type LockOfCondaInputs =
  /** The lock says it. */
  | { readonly locked: LockedCondaPlatforms }
  | {
      readonly asked: {
        readonly conda: CondaPackages;
        readonly platforms: readonly string[];
        /** Of platforms that need not be asked for. */
        readonly known: LockedCondaPlatforms;
      };
    };

/** Finds out what conda is to bring: the lock says it, or the channels are read and the solver is asked. */
export async function lockConda(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as LockOfCondaInputs;
  if ("locked" in inputs) return succeed(outputOf(inputs.locked));
  const { conda, platforms, known } = inputs.asked;
  const found: Record<string, readonly LockedCondaPackage[]> = { ...known };
  for (const platform of platforms.filter((one) => !Object.hasOwn(known, one))) {
    const solved = await solve({
      ...conda,
      platform,
      read: (url) => {
        context.report({ type: "doing", text: `reads ${url}` });
        return readChannel(url, context);
      },
      signal: context.signal,
    });
    if (!solved.ok) return solved;
    found[platform] = solved.value;
  }
  return succeed(outputOf(found));
}

function outputOf(platforms: LockedCondaPlatforms): StepOutput {
  const values = { platforms } as unknown as SerializableRecord;
  return { digest: digestOfValue(values), files: [], values };
}

export function condaOfLock({ values }: StepOutput): LockedCondaPlatforms {
  return (values as { readonly platforms: unknown }).platforms as LockedCondaPlatforms;
}

/** What conda has brought for a step; nothing where nothing is asked of it. */
export function condaPackagesFor({ needs }: Step, context: StepContext): LockedCondaPlatforms {
  return needs.includes(LOCK_OF_CONDA) ? condaOfLock(context.outputOf(LOCK_OF_CONDA)) : {};
}
