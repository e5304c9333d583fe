import type { Session } from "../session.ts";

export function writeJson(session: Session, value: object): void {
  session.writeData(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function wordCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
