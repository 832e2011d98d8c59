// A page with two sessions, connected by channels in memory: they compare their verification string, text goes both
// ways, and a file from the one to the other. It is bundled for a browser, so it imports nothing of Node.
import type { P2pEvent } from "../../../src/lib/events.ts";
import { toHex } from "../../../src/lib/bytes.ts";
import { ConnectedSession } from "../../../src/session/session.ts";
import { MemoryChannel } from "../memory-channel.ts";
import { type PageFiles, pagePorts } from "./page-ports.ts";
import { sha256 } from "@noble/hashes/sha2.js";

/** What happened in the page, for the test that opened it. */
export interface PageReport {
  /** Texts that each side received. */
  texts: [string[], string[]];
  /** The words that each side showed for comparison. */
  words: [string[], string[]];
  sent: string;
  /** SHA-256 in hex of the file that arrived. */
  sha256: string;
  bytes: number;
  /** How each side ended. */
  closed: string[];
  errors: string[];
}

interface PageSide {
  session: ConnectedSession;
  files: PageFiles;
  events: P2pEvent[];
  until: (isIt: (event: P2pEvent) => boolean) => Promise<void>;
}

const FINGERPRINTS = ["A1".repeat(32), "B2".repeat(32)] as const;
const IDS = ["1".repeat(32), "2".repeat(32)] as const;

function openSide(index: 0 | 1, channels: Record<"text" | "control" | "transfer", MemoryChannel>): PageSide {
  const other = index === 0 ? 1 : 0;
  const files: PageFiles = new Map();
  const events: P2pEvent[] = [];
  const waiters: { isIt: (event: P2pEvent) => boolean; resolve: () => void }[] = [];
  const session = new ConnectedSession({
    role: index === 0 ? "offer" : "answer",
    ...channels,
    ports: pagePorts(files),
    peerName: undefined,
    settings: { mode: "once", consent: "accept", conflict: "rename", outputDir: "", verify: index === 0 },
    identity: {
      fingerprints: { mine: FINGERPRINTS[index], peer: FINGERPRINTS[other] },
      ids: { mine: IDS[index], peer: IDS[other] },
    },
    path: () => ({ pair: { protocol: "udp", local: "a:1", remote: "b:2", kind: "host" }, rttMs: 1 }),
    events: {
      emit: (event, onTaken) => {
        events.push(event);
        onTaken?.();
        if (event.event === "verify" && event.state === "shown") session.confirmVerification(true);
        for (const waiter of waiters) if (waiter.isIt(event)) waiter.resolve();
      },
      onReady: () => {},
    },
  });
  session.start();
  const until: PageSide["until"] = (isIt) =>
    events.some(isIt) ? Promise.resolve() : new Promise((resolve) => waiters.push({ isIt, resolve }));
  return { session, files, events, until };
}

/** @param bytes - size of the file that is sent */
async function runTwoSessions(bytes: number): Promise<PageReport> {
  const pair = (): [MemoryChannel, MemoryChannel] =>
    MemoryChannel.pair({ nextTurn: (turn) => void setTimeout(turn, 0) });
  const [text, control, transfer] = [pair(), pair(), pair()];
  const a = openSide(0, { text: text[0], control: control[0], transfer: transfer[0] });
  const b = openSide(1, { text: text[1], control: control[1], transfer: transfer[1] });
  a.files.set(
    "数据.bin",
    Uint8Array.from({ length: bytes }, (_, index) => (index * 31) % 251),
  );
  await Promise.all([a.session.sendMessage("from a: 你好"), b.session.sendMessage("from b")]);
  const sent = await a.session.sendFiles(["数据.bin"]);
  await b.until(({ event }) => event === "transfer-done");
  for (const { session } of [a, b]) session.finish();
  // Nothing closes channels in memory behind the bye, so each side may wait for its time limit.
  const closed = await Promise.all([a.session.ended, b.session.ended]);
  const arrived = b.files.get("数据.bin") ?? new Uint8Array();
  const received = ({ events }: PageSide): string[] =>
    events.flatMap((event) => (event.event === "message" && event.from === "peer" ? [event.text] : []));
  const shown = ({ events }: PageSide): string[] =>
    events.flatMap((event) => (event.event === "verify" && event.state === "shown" ? [event.words] : []));
  return {
    texts: [received(a), received(b)],
    words: [shown(a), shown(b)],
    sent,
    sha256: toHex(sha256(arrived)),
    bytes: arrived.length,
    closed: closed.map(({ reason, exit }) => `${reason} ${exit}`),
    errors: [a, b].flatMap(({ events }) => events.flatMap((event) => (event.event === "error" ? [event.message] : []))),
  };
}

Object.assign(globalThis, { runTwoSessions });
