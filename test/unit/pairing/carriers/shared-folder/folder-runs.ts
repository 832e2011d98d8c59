// Runs in a shared folder without a carrier, for the tests of its parts. Their clock stands still but for what the test sets.
import type { P2pError } from "../../../../../src/lib/errors/p2p-error.ts";
import type { CarrierContext, CarrierEvent } from "../../../../../src/pairing/carrier.ts";
import { FolderRun } from "../../../../../src/pairing/carriers/shared-folder/folder-run.ts";
import { SharedPlace } from "../../../../../src/store/exchange/shared-place.ts";
import type { ContactMeeting } from "../../../../../src/trust/contact-meeting.ts";
import { HOUR_MS, NOW_MS } from "../../../exchange/fixtures.ts";
import type { Time } from "./shared-folder-side.ts";

export interface TestRun {
  run: FolderRun;
  events: CarrierEvent[];
  troubles: P2pError[];
}

export async function openRun(
  dir: string,
  role: "offer" | "answer",
  { time = { ms: 0 }, meeting, ...context }: Partial<CarrierContext> & { time?: Time; meeting?: ContactMeeting } = {},
): Promise<TestRun> {
  const events: CarrierEvent[] = [];
  const troubles: P2pError[] = [];
  const told = {
    emit: (event: CarrierEvent) => events.push(event),
    onTrouble: (error: P2pError) => troubles.push(error),
  };
  const clock = { now: () => time.ms, wallMs: () => NOW_MS + time.ms, sleep: () => new Promise<void>(() => {}) };
  const run = new FolderRun(await SharedPlace.open(dir), { role, ...told, ...context }, clock, meeting);
  return { run, events, troubles };
}

/** A document as a side publishes it, good for an hour. */
export function published(document: string, revision = 1): { document: string; revision: number; expiresAtMs: number } {
  return { document, revision, expiresAtMs: NOW_MS + HOUR_MS };
}
