// A run of `p2p offer` or `p2p answer` on a process and a line of the test.
import type { PairPorts } from "../../../src/cli/commands/pair.ts";
import { run } from "../../../src/cli/main.ts";
import type { P2pEvent } from "../../../src/index.ts";
import { withResolvers } from "../../support/with-resolvers.ts";
import { FakeIo, FakeLine } from "./fakes.ts";

export interface Running {
  io: FakeIo;
  line: FakeLine;
  exit: Promise<number>;
}

/** Begins a run and waits until its line is open. */
export async function begin(args: string, io = new FakeIo(), ports: Partial<PairPorts> = {}): Promise<Running> {
  const line = new FakeLine();
  const opened = withResolvers<void>();
  const exit = run(args.split(" "), io, {
    openLine: async (options) => {
      await Promise.resolve();
      line.options = options;
      opened.resolve();
      return line;
    },
    planPaths: async () => {},
    checkOutput: async () => {},
    checkStream: async () => {},
    openMedia: async () => await Promise.reject(new Error("not asked for")),
    earlierOffer: async () => await Promise.resolve(undefined),
    meetingWith: async () => await Promise.reject(new Error("not asked for")),
    runConversation: async () => await Promise.reject(new Error("no conversation here")),
    ...ports,
  });
  const endedFirst = exit.then((code) => Promise.reject(new Error(`ended with ${code} before a line was opened`)));
  await Promise.race([opened.promise, endedFirst]);
  // Later it is the tests' to look at.
  endedFirst.catch(() => {});
  return { io, line, exit };
}

export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

export const INCOMING: P2pEvent = {
  event: "incoming",
  transfer: "t1",
  files: 1,
  bytes: 3,
  entries: [{ path: "a\u001b[2J.txt", bytes: 3, type: "file" }],
};

export const awaiting = (line: FakeLine): void => {
  line.fakeSession.transfers = [
    { transfer: "t1", direction: "receive", names: ["a"], state: "awaiting-consent", bytes: 0, total: 3, rate: 0 },
  ];
};
