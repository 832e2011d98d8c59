// The files of a session whose peer takes none.
import { expect, test } from "vitest";
import { PromiseLedger } from "../../../../src/control/promises.ts";
import type { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { FileTransfers, type FileTransfersOptions } from "../../../../src/session/features/file-transfers.ts";

function setUp() {
  const reported: P2pError[] = [];
  const files = new FileTransfers({
    channel: undefined,
    files: { plan: async () => ({ names: ["a"], entries: [] }) },
    untilReleased: async () => {},
    isOpen: () => true,
    promises: new PromiseLedger({ files: ["a"], messages: 0, further: "none" }),
    report: (error: P2pError) => reported.push(error),
    events: { emit: () => {}, onHeard: () => {}, onActivity: () => {} },
  } as unknown as FileTransfersOptions);
  return { files, reported };
}

test("its hello has no capability, and nothing is under way", () => {
  const { files } = setUp();
  expect(files.hello).toEqual({ capability: undefined });
  expect(files.activity).toEqual({ plannedTransfers: 0, outgoing: 0, incoming: 0, running: 0, isPeerLeaving: false });
  expect(files.status()).toEqual([]);
  expect(files.exit).toBe(0);
});

test("no transfer can be answered or cancelled", async () => {
  const { files } = setUp();
  files.start();
  expect([files.accept("r1"), files.decline("r1"), files.cancel("s1")]).toEqual([false, false, false]);
  await files.stop("ended");
});

test("a file that is sent all the same fails with a report", async () => {
  const { files, reported } = setUp();
  expect(await files.send(["a"])).toBe("failed");
  expect(reported).toHaveLength(1);
});
