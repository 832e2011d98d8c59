// The channel of ours that the benchmark measures beside other stacks, taken from the compiled files.
import { expect, test } from "vitest";
import { runChannel } from "../../scripts/bench/run-channel.mjs";

test("our own channel carries between two processes of the benchmark", async () => {
  const run = { sender: "p2p", receiver: "p2p", link: undefined, warmUpMs: 500, measureMs: 1_000 };
  expect((await runChannel(run)).mbPerSecond).toBeGreaterThan(0);
});
