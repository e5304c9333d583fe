import type { Case } from "../tool.ts";
import { cacheCut, cacheFlipped } from "./cache-damage.ts";
import {
  argumentsSwapped,
  inputEditedUnseen,
  inputEditedWhileRunning,
  inputTouched,
  undeclaredVariable,
} from "./inputs.ts";
import { extraFile, outputDeleted, outputEdited, outputEditedUnseen } from "./outputs.ts";
import { moved, terminated, twoAtOnce } from "./runs.ts";

/** The rows of the matrix. */
export const CASES: readonly Case[] = [
  outputEdited,
  outputEditedUnseen,
  outputDeleted,
  extraFile,
  cacheFlipped,
  cacheCut,
  inputEditedWhileRunning,
  argumentsSwapped,
  undeclaredVariable,
  inputEditedUnseen,
  twoAtOnce,
  inputTouched,
  moved,
  terminated,
];
