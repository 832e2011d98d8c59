// Two connected sessions over channels in memory, with the events of both.
import { join } from "node:path";
import type { Promised } from "../../src/control/promises.ts";
import { ConnectedSession } from "../../src/session/session.ts";
import type { ConsentPolicy, SessionMode } from "../../src/session/session-types.ts";
import type { FileOutput, SessionPorts } from "../../src/session/ports.ts";
import { nodePorts } from "../../src/pairing/node-ports.ts";
import type { People } from "../../src/pairing/people.ts";
import type { P2pError } from "../../src/lib/errors/p2p-error.ts";
import type { P2pEvent } from "../../src/lib/events.ts";
import type { UnknownChannels } from "../../src/session/features/refused-channels.ts";
import { MemoryChannel, type MemoryChannelOptions } from "./memory-channel.ts";

export interface Side {
  session: ConnectedSession;
  events: P2pEvent[];
  /** While true the reader of the events takes none. */
  isStopped: boolean;
  /** The reader takes what it has not. */
  resume: () => void;
  /** Resolves with the first event of this name. */
  event: (name: P2pEvent["event"]) => Promise<P2pEvent>;
  /** States of the comparison so far, in order. */
  verifyStates: () => string[];
  /** Why it never became ready. */
  unready: P2pError[];
  /** Codes of the errors so far. */
  codes: () => string[];
}

export interface Setup {
  mode?: SessionMode;
  consent?: ConsentPolicy;
  /** Which sides ask for a comparison. */
  verify?: readonly [boolean, boolean];
  expected?: readonly [string | undefined, string | undefined];
  /** On which sides nobody can be asked. */
  unattended?: readonly [boolean, boolean];
  /** What each side takes for the fingerprint of the other; the true one unless given. */
  peerFingerprints?: readonly [string, string];
  /** Who keeps keys. */
  people?: readonly [People | undefined, People | undefined];
  /** Of the exchange files; the same in each pair unless given. */
  ids?: readonly [string, string];
  /** Those of Node unless given. */
  ports?: SessionPorts;
  /** The test starts the sessions itself. */
  isUnstarted?: boolean;
  /** What each side's registry refuses. */
  unknownChannels?: readonly [UnknownChannels | undefined, UnknownChannels | undefined];
  /** What the side has promised to send; nothing unless given. */
  promised?: Promised | undefined;
  /** Takes one file instead of the output folder. */
  fileOutput?: FileOutput | undefined;
  /** Sees and may replace what goes over the control channel. */
  tamper?: MemoryChannelOptions["tamper"];
}

/** Of the two sides. */
export const FINGERPRINTS = ["A1", "B2"].map((byte) => Array.from({ length: 32 }, () => byte).join(":")) as [
  string,
  string,
];
const IDS = ["1".repeat(32), "2".repeat(32)] as const;

/** @param folder - each side's output is in a folder `0` or `1` in it */
export function openSessions(folder: string, setup: Setup = {}): { a: Side; b: Side } {
  const { tamper } = setup;
  const controls = MemoryChannel.pair(tamper === undefined ? {} : { tamper });
  const [texts, transfers] = [MemoryChannel.pair(), MemoryChannel.pair()];
  const open = (index: 0 | 1): Side =>
    openSide(folder, index, { text: texts[index], control: controls[index], transfer: transfers[index] }, setup);
  return { a: open(0), b: open(1) };
}

/** One side, over channels whose other ends are somebody else's. */
export function openSide(
  folder: string,
  index: 0 | 1,
  channels: Record<"text" | "control" | "transfer", MemoryChannel>,
  setup: Omit<Setup, "tamper"> = {},
): Side {
  const {
    mode = "once",
    consent = "ask",
    verify,
    expected,
    unattended,
    peerFingerprints,
    people,
    ids = IDS,
    isUnstarted = false,
    unknownChannels,
    ports = nodePorts({}),
    promised,
    fileOutput,
  } = setup;
  const other = index === 0 ? 1 : 0;
  const events: P2pEvent[] = [];
  const unready: P2pError[] = [];
  const untaken: (() => void)[] = [];
  const waiters: { name: string; resolve: (event: P2pEvent) => void }[] = [];
  const emit = (event: P2pEvent, onTaken?: () => void): void => {
    events.push(event);
    if (taking.isStopped && onTaken !== undefined) untaken.push(onTaken);
    else onTaken?.();
    for (const waiter of waiters) if (waiter.name === event.event) waiter.resolve(event);
  };
  const taking = { isStopped: false };
  const session = new ConnectedSession({
    role: index === 0 ? "offer" : "answer",
    ...channels,
    unknownChannels: unknownChannels?.[index],
    ports,
    peerName: undefined,
    settings: {
      mode,
      consent,
      conflict: "rename",
      outputDir: join(folder, String(index)),
      verify: verify?.[index],
      verifyExpect: expected?.[index],
      isUnattended: unattended?.[index],
      promised,
      fileOutput,
    },
    identity: {
      fingerprints: { mine: FINGERPRINTS[index], peer: peerFingerprints?.[index] ?? FINGERPRINTS[other] },
      ids: { mine: ids[index], peer: ids[other] },
    },
    people: people?.[index],
    path: () => ({ pair: { protocol: "udp", local: "a:1", remote: "b:2", kind: "host" }, rttMs: 1 }),
    events: { emit, onReady: () => {}, onUnready: (error) => unready.push(error) },
  });
  if (!isUnstarted) session.start();
  return Object.assign(taking, {
    session,
    events,
    unready,
    event: (name: P2pEvent["event"]): Promise<P2pEvent> => {
      const known = events.find((one) => one.event === name);
      return known === undefined ? new Promise((resolve) => waiters.push({ name, resolve })) : Promise.resolve(known);
    },
    resume: (): void => {
      taking.isStopped = false;
      for (const onTaken of untaken.splice(0)) onTaken();
    },
    verifyStates: (): string[] => events.flatMap((one) => (one.event === "verify" ? [one.state] : [])),
    codes: (): string[] => events.flatMap((one) => (one.event === "error" ? [one.code] : [])),
  });
}
