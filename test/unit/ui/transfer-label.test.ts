// What a conversation remembers of its transfers.
import { expect, it } from "vitest";
import type { P2pEvent, SessionStatus } from "../../../src/index.ts";
import { TransferBook } from "../../../src/ui/transfer-label.ts";

function incoming(transfer: string, path = "f"): P2pEvent {
  return { event: "incoming", transfer, files: 1, bytes: 1, entries: [{ path, bytes: 1, type: "file" }] };
}

function statusOf(open: string): SessionStatus {
  const transfers = [
    { transfer: open, direction: "receive", names: ["f"], state: "running", bytes: 0, total: 1, rate: 0 },
  ];
  return { transfers } as unknown as SessionStatus;
}

it("remembers a bounded number of transfers, those that still run and the newest ones, and never counts one twice", () => {
  const book = new TransferBook();
  const status = statusOf("r1");
  const offers = 10_000;
  for (let at = 1; at <= offers; at += 1) book.note(incoming(`r${at}`), () => status);
  expect(book.size).toBeLessThanOrEqual(1_100);
  expect(book.get("r1")?.number).toBe(1);
  expect(book.get("r2")).toBeUndefined();
  expect(book.get(`r${offers}`)?.number).toBe(offers);
});

it("remembers the begin of a long name, and no path", () => {
  const book = new TransferBook();
  book.note(incoming("r1", `${"n".repeat(1_000)}/${"d/".repeat(100)}f`), () => statusOf("r1"));
  expect(book.get("r1")?.names).toEqual(["n".repeat(255)]);
});

it("names what is left of an offer of which a part was declined", () => {
  const book = new TransferBook();
  book.note(incoming("r1", "g"), () => statusOf("r1"));
  expect(book.get("r1")?.names).toEqual(["g"]);
  const declined: P2pEvent = { event: "declined", transfer: "r1", direction: "receive", by: "me", paths: ["g"] };
  book.note(declined, () => statusOf("r2"));
  expect(book.get("r1")?.names).toEqual(["g"]);
  book.note(declined, () => statusOf("r1"));
  expect(book.get("r1")?.names).toEqual(["f"]);
});

it("adds up the files that the receiving side skips", () => {
  const book = new TransferBook();
  const status = (): SessionStatus => statusOf("r1");
  const done = { event: "file-done", transfer: "r1", direction: "receive", path: "/f", sha256: "00" } as const;
  book.note(incoming("r1"), status);
  book.note({ ...done, bytes: 5, skipped: true }, status);
  book.note({ ...done, bytes: 7 }, status);
  book.note({ ...done, bytes: 9, skipped: true }, status);
  expect(book.get("r1")).toMatchObject({ skippedFiles: 2, movedBytes: 7 });
});
