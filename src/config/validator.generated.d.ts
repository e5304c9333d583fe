import type { ErrorObject } from "ajv";

/** Compiled from schemas/ by schemas/generate.ts; `errors` holds all mistakes of the last call. */
export const validate: { (value: unknown): boolean; errors?: readonly ErrorObject[] | null };
