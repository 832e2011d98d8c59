// Sealed lines that meet in a shared folder: real sockets on loopback, in one process, with a seal that costs little.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { P2pEvent } from "../../src/lib/events.ts";
import { carriedVia } from "../../src/pairing/carriers/via.ts";
import { PairingLine } from "../../src/pairing/line.ts";
import { nodeLinePorts } from "../../src/pairing/node-ports.ts";
import { DEFAULT_NETWORK } from "../../src/rtc/network-options.ts";
import { until } from "../support/processes.ts";
import { HOUR_MS } from "../unit/exchange/fixtures.ts";
import { makeTempFolder } from "../unit/store/exchange/temp-folder.ts";

const LIMIT_MS = 60_000;
/** log2 of scrypt's N: enough for a test. */
const WORK_FACTOR = 8;
const ports = {
  ...nodeLinePorts,
  trust: {
    ...nodeLinePorts.trust,
    seal: (plain: string, passphrase: string) => nodeLinePorts.trust.seal(plain, passphrase, WORK_FACTOR),
  },
};

interface Run {
  line: PairingLine;
  events: P2pEvent[];
  hears: (name: P2pEvent["event"], state?: string) => Promise<void>;
}

function begin(role: "offer" | "answer", dir: string, outputDir: string, passphrase: string): Run {
  const line = new PairingLine(
    {
      role,
      carrier: carriedVia({ kind: "folder", dir }),
      settings: {
        network: { ...DEFAULT_NETWORK, bind: ["127.0.0.1"] },
        session: { mode: "conversation", consent: "decline", conflict: "rename", outputDir },
        seal: { required: true, passphrase },
        waitMs: HOUR_MS,
        connectTimeoutMs: HOUR_MS,
      },
      keepWaiting: true,
    },
    ports,
  );
  const events: P2pEvent[] = [];
  const reading = (async () => {
    for await (const event of line.events) events.push(event);
  })();
  onTestFinished(async () => {
    await line.close("quit");
    await reading;
  });
  const isThere = (name: string, state?: string): boolean =>
    events.some(
      (event) => event.event === name && (state === undefined || ("state" in event && event.state === state)),
    );
  const told = (): string => events.map(({ event }) => event).join(", ");
  return {
    line,
    events,
    hears: (name, state) => until(() => isThere(name, state), `${name} is told, and not only ${told()}`, LIMIT_MS),
  };
}

test("nothing in the folder can be read, and each passphrase finds its own side", async () => {
  const [dir, outputDir] = [await makeTempFolder(), await makeTempFolder()];
  const others = begin("offer", dir, outputDir, "of two other people");
  await others.hears("carrier", "waiting");
  const ann = begin("offer", dir, outputDir, "able crane mutual");
  await ann.hears("carrier", "waiting");
  for (const name of await readdir(dir)) {
    const text = await readFile(join(dir, name), "utf8");
    expect(text).toContain("BEGIN AGE ENCRYPTED FILE");
    expect(text).not.toMatch(/127\.0\.0\.1|icecandidate|ufrag/);
  }
  const bob = begin("answer", dir, outputDir, "able crane mutual");
  await Promise.all([ann.line.session, bob.line.session]);
  expect(bob.events).toContainEqual(expect.objectContaining({ event: "error", code: "FILE_WRONG_PASSPHRASE" }));
  await Promise.all([ann.line.close("quit"), bob.line.close("quit")]);
  expect(others.events.map(({ event }) => event)).not.toContain("peer-file");
  expect((await readdir(dir)).map((name) => name.replace(/^.*-/, ""))).toEqual(["offer.json"]);
  await others.line.close("quit");
  expect(await readdir(dir)).toEqual([]);
  // Who has the passphrase only can be the other side.
  for (const { events } of [ann, bob, others]) expect(events.map(({ event }) => event)).not.toContain("carrier-open");
});
