// When × who × how: two sessions in one process, one of which sends. In each cell somebody leaves, or the connection is
// lost, or a person decides, at a known moment; the exit codes, errors, events and last lines of both sides are checked.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NOTHING_PROMISED, type Promised } from "../../../src/control/promises.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import type { P2pEvent } from "../../../src/lib/events.ts";
import { nodeFiles, nodePorts } from "../../../src/pairing/node-ports.ts";
import type { Clock, FileOutput, FilePort, SessionPorts, TransferSink } from "../../../src/session/ports.ts";
import { narrate } from "../../../src/ui/narrate.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { MemoryChannel } from "../../support/memory-channel.ts";
import { openSide, type Side } from "../../support/session-pair.ts";
import { turnsUntil } from "../../support/transfer-pair.ts";

const FILE_BYTES = 2 << 20;
/** So much of the file passes before the channel stands still. */
const PASSED_BYTES = 500_000;
/** Virtual time that passes with each turn of the event loop once a cell is at its moment. */
const MS_PER_TURN = 10;

/** Time that passes only when the test says so. */
class VirtualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.nowMs();
  }

  setTimer(callback: () => void, ms: number): () => void {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  nextTurn(callback: () => void): () => void {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.atMs > this.#nowMs || !this.#timers.delete(timer)) continue;
      timer.callback();
    }
  }
}

const never = new Promise<never>(() => {});

/** The real files, with one step that never ends. */
function filesStuckIn(step: "plan" | "survey" | "prepare" | "none"): FilePort {
  const files = nodeFiles();
  return {
    ...files,
    plan: (paths) => (step === "plan" ? never : files.plan(paths)),
    openFolder: (options) => {
      const sink = files.openFolder(options);
      if (step === "survey") sink.survey = () => never as ReturnType<TransferSink["survey"]>;
      if (step === "prepare") sink.prepare = () => never as ReturnType<TransferSink["prepare"]>;
      return sink;
    },
  };
}

/** Ann sends, as a command that ends by itself; Bob is in a conversation. */
interface Cell {
  readonly clock: VirtualClock;
  readonly ann: Side;
  readonly bob: Side;
  /** Ann's ends of the channels. */
  readonly text: MemoryChannel;
  readonly transfer: MemoryChannel;
  /** Lets everything pass that waits in the transfer channel. */
  readonly release: () => void;
  readonly path: string;
}

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "p2p-endings-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function openCell(
  promised: Partial<Promised>,
  stuckIn: Parameters<typeof filesStuckIn>[0] = "none",
  fileOutput?: FileOutput,
): Promise<Cell> {
  const path = join(folder, "photo.jpg");
  await writeFile(path, Buffer.alloc(FILE_BYTES, "p"));
  const clock = new VirtualClock();
  const ports: SessionPorts = { ...nodePorts({}), clock, files: filesStuckIn(stuckIn) };
  let left = PASSED_BYTES;
  const transfers = MemoryChannel.pair({
    bytesPerTurn: 65_536,
    tamper: (message, from) => {
      if (from === "a") left -= message.length;
      if (left <= 0) transfers[0].isHeld = true;
      return message;
    },
  });
  const [texts, controls] = [MemoryChannel.pair(), MemoryChannel.pair()];
  const open = (index: 0 | 1): Side => {
    const channels = { text: texts[index], control: controls[index], transfer: transfers[index] };
    const isAnn = index === 0;
    return openSide(folder, index, channels, {
      mode: isAnn ? "once" : "conversation",
      promised: isAnn ? { ...NOTHING_PROMISED, ...promised } : undefined,
      ports,
      fileOutput: isAnn ? undefined : fileOutput,
    });
  };
  const [ann, bob] = [open(0), open(1)];
  await Promise.all([ann.event("connected"), bob.event("connected")]);
  const release = (): void => {
    left = Number.POSITIVE_INFINITY;
    transfers[0].release();
  };
  return { clock, ann, bob, text: texts[0], transfer: transfers[0], release, path };
}

const PHOTO = { files: ["photo.jpg"] };

async function waiting(): Promise<Cell> {
  const cell = await openCell(PHOTO);
  void cell.ann.session.sendFiles([cell.path]);
  await cell.bob.event("incoming");
  return cell;
}

async function moving(): Promise<Cell> {
  const cell = await waiting();
  cell.bob.session.accept("r1");
  await turnsUntil(() => (cell.ann.session.status().transfers[0]?.bytes ?? 0) > 0 && cell.transfer.isHeld);
  return cell;
}

/** Ann offers a small file and the photo, and Bob takes what he wants of it. */
async function offerTwo(isChosen?: (path: string) => boolean): Promise<Cell> {
  const cell = await openCell(PHOTO);
  const small = join(folder, "a-small.jpg");
  await writeFile(small, "small");
  void cell.ann.session.sendFiles([small, cell.path]);
  await cell.bob.event("incoming");
  cell.bob.session.accept("r1", isChosen);
  return cell;
}

async function untilPhotoMoves(cell: Cell): Promise<Cell> {
  await turnsUntil(() => (cell.ann.session.status().transfers[0]?.bytes ?? 0) > 0 && cell.transfer.isHeld);
  return cell;
}

/** Bob writes the photo to a stream. */
async function streaming(write: FileOutput["write"] = () => Promise.resolve()): Promise<Cell> {
  const cell = await openCell(PHOTO, "none", { write });
  void cell.ann.session.sendFiles([cell.path]);
  await cell.bob.event("incoming");
  cell.bob.session.accept("r1");
  return cell;
}

/** Moments, each with something of Ann's open. */
const MOMENTS = {
  "before the PATH is planned": () => openCell(PHOTO),
  "while the PATH is planned": async () => {
    const cell = await openCell(PHOTO, "plan");
    void cell.ann.session.sendFiles([cell.path]);
    return cell;
  },
  "while the offer is on its way": async () => {
    const cell = await openCell(PHOTO);
    cell.transfer.isHeld = true;
    void cell.ann.session.sendFiles([cell.path]);
    await cell.ann.event("offered");
    return cell;
  },
  "in the survey of unfinished parts": async () => {
    const cell = await openCell(PHOTO, "survey");
    void cell.ann.session.sendFiles([cell.path]);
    await turnsUntil(() => cell.bob.session.status().transfers.length === 1);
    return cell;
  },
  "while the question is open": waiting,
  "while the disk is prepared": async () => {
    const cell = await openCell(PHOTO, "prepare");
    void cell.ann.session.sendFiles([cell.path]);
    await cell.bob.event("incoming");
    cell.bob.session.accept("r1");
    return cell;
  },
  "while bytes move": moving,
  "between two files": async () => {
    const cell = await offerTwo();
    await cell.ann.event("file-done");
    return untilPhotoMoves(cell);
  },
  "while a part that was chosen moves": async () => untilPhotoMoves(await offerTwo((path) => path === "photo.jpg")),
  "when a part was taken, and the rest declined": async () => {
    const cell = await offerTwo((path) => path === "a-small.jpg");
    await cell.ann.event("transfer-done");
    return cell;
  },
  "while bytes move to a stream": async () => untilPhotoMoves(await streaming()),
  "between a PATH and the end of stdin": async () => {
    const cell = await openCell({ files: ["photo.jpg", "stdin"] });
    const small = join(folder, "small.jpg");
    await writeFile(small, "small");
    const sent = cell.ann.session.sendFiles([small]);
    await cell.bob.event("incoming");
    cell.bob.session.accept("r1");
    expect(await sent).toBe("done");
    return cell;
  },
  "before -m is sent": () => openCell({ messages: 1 }),
  "while stdin may have more lines": async () => {
    const cell = await openCell({ further: "until-finished" });
    await cell.ann.session.sendMessage("the first line");
    return cell;
  },
  "while a message is on its way": async () => {
    const cell = await openCell({ messages: 1 });
    cell.text.isHeld = true;
    void cell.ann.session.sendMessage("hello");
    return cell;
  },
  "when all is acknowledged": async () => {
    const cell = await openCell({ messages: 1, further: "once-begun" });
    await cell.ann.session.sendMessage("hello");
    return cell;
  },
} satisfies Record<string, () => Promise<Cell>>;

const LOSS = new P2pError("CONNECTION_LOST", { seconds: 11 });

/** Ways to leave. */
const WAYS = {
  "bob leaves": ({ bob }: Cell) => void bob.session.end("quit"),
  "bob interrupts": ({ bob }: Cell) => void bob.session.end("interrupted"),
  "ann leaves": ({ ann }: Cell) => void ann.session.end("quit"),
  "ann interrupts": ({ ann }: Cell) => void ann.session.end("interrupted"),
  "the connection is lost": ({ ann, bob }: Cell) => {
    for (const { session } of [ann, bob]) session.handleDisconnected(LOSS);
  },
} as const;

type Exits = readonly [ann: number, bob: number];

/** Exit codes of Ann and Bob, in the order of `WAYS`. */
const TABLE: Record<keyof typeof MOMENTS, readonly Exits[]> = {
  //                                      bob leaves, ^C    ann leaves, ^C    lost
  "before the PATH is planned": /*     */ [
    [4, 0],
    [4, 130],
    [4, 0],
    [130, 0],
    [3, 3],
  ],
  "while the PATH is planned": /*      */ [
    [4, 0],
    [4, 130],
    [4, 0],
    [130, 0],
    [3, 3],
  ],
  "while the offer is on its way": /*  */ [
    [4, 0],
    [4, 130],
    [4, 0],
    [130, 0],
    [3, 3],
  ],
  "in the survey of unfinished parts": [
    [4, 0],
    [4, 130],
    [4, 0],
    [130, 0],
    [3, 3],
  ],
  "while the question is open": /*     */ [
    [4, 0],
    [4, 130],
    [4, 0],
    [130, 0],
    [3, 3],
  ],
  "while the disk is prepared": /*     */ [
    [4, 4],
    [4, 130],
    [4, 4],
    [130, 4],
    [3, 4],
  ],
  "while bytes move": /*               */ [
    [4, 4],
    [4, 130],
    [4, 4],
    [130, 4],
    [4, 4],
  ],
  "between two files": [
    [4, 4],
    [4, 130],
    [4, 4],
    [130, 4],
    [4, 4],
  ],
  "while a part that was chosen moves": [
    [4, 4],
    [4, 130],
    [4, 4],
    [130, 4],
    [4, 4],
  ],
  "when a part was taken, and the rest declined": [
    [7, 0],
    [7, 130],
    [7, 0],
    [130, 0],
    [3, 3],
  ],
  "while bytes move to a stream": [
    [4, 4],
    [4, 130],
    [4, 4],
    [130, 4],
    [4, 4],
  ],
  "between a PATH and the end of stdin": [
    [4, 0],
    [4, 130],
    [4, 0],
    [130, 0],
    [3, 3],
  ],
  "before -m is sent": /*              */ [
    [3, 0],
    [3, 130],
    [3, 0],
    [130, 0],
    [3, 3],
  ],
  "while stdin may have more lines": /**/ [
    [3, 0],
    [3, 130],
    [3, 0],
    [130, 0],
    [3, 3],
  ],
  "while a message is on its way": /*  */ [
    [3, 0],
    [3, 130],
    [3, 0],
    [130, 0],
    [3, 3],
  ],
  "when all is acknowledged": /*       */ [
    [0, 0],
    [0, 130],
    [0, 0],
    [130, 0],
    [3, 3],
  ],
};

const CELLS = Object.entries(TABLE).flatMap(([when, row]) =>
  Object.keys(WAYS).map(
    (how, index) => [when as keyof typeof MOMENTS, how as keyof typeof WAYS, row[index] ?? [-1, -1]] as const,
  ),
);

/** Lets both sessions end; the end of one closes the association of the other. */
async function untilBothEnded({ clock, ann, bob }: Cell): Promise<void> {
  void ann.session.ended.then(() => bob.session.handleDisconnected(undefined));
  void bob.session.ended.then(() => ann.session.handleDisconnected(undefined));
  await turnsUntil(() => {
    clock.advance(MS_PER_TURN);
    return [ann, bob].every(({ events }) => events.at(-1)?.event === "closed");
  });
}

/** What a person reads about these events, in order. */
function screenOf(side: Side): string[] {
  const context = {
    words: wordsFor("en").conversation,
    lang: "en" as const,
    style: PLAIN_STYLE,
    verbose: false,
    columns: 80,
    now: new Date(0),
    transfer: () => ({ number: 1, names: ["photo.jpg"], files: 1 }),
    describeError: (event: { message: string; hint: string }) => event,
  };
  return side.events.flatMap((event) => narrate(event, context).map(plainParts));
}

/** What holds for every end: the code and the words agree, and nothing is said twice. */
function checkEnd(side: Side, exit: number): void {
  const closed = side.events.filter(({ event }) => event === "closed");
  expect(closed).toMatchObject([{ exit }]);
  expect(side.events.at(-1)).toBe(closed[0]);
  const screen = screenOf(side);
  if (exit !== 0) expect(screen.at(-1)).not.toBe("done");
  // A hint may help twice.
  const said = screen.filter((line) => !line.startsWith("p2p: hint:"));
  expect(said).toEqual([...new Set(said)]);
  // Each code below a signal is explained by one error that has it.
  const codes = side.codes();
  if (exit === 4) expect(codes.filter((code) => code === "TRANSFER_INTERRUPTED")).toHaveLength(1);
  // What was declined before the loss was told when it was.
  if (exit === 3) expect(codes.filter((code) => code !== "PEER_DECLINED")).toEqual(["CONNECTION_LOST"]);
  if (exit === 0) expect(codes).toEqual([]);
}

describe("somebody leaves", () => {
  test("the table has at least 60 cells, each with its codes", () => {
    expect(CELLS.length).toBeGreaterThanOrEqual(60);
    expect(CELLS.every(([, , exits]) => exits.every((exit) => exit >= 0))).toBe(true);
  });

  test.each(CELLS)("%s, %s: exits %j", async (when, how, [annExit, bobExit]) => {
    const cell = await MOMENTS[when]();
    WAYS[how](cell);
    await untilBothEnded(cell);
    checkEnd(cell.ann, annExit);
    checkEnd(cell.bob, bobExit);
  });
});

/** What an end by Ctrl-C tells the sender to be missing; all else is as with an end in order. */
const KNOWN_TO_WHO_INTERRUPTS: readonly (keyof typeof MOMENTS)[] = ["while stdin may have more lines"];

describe("who interrupts is told what was not sent, as who leaves in order is", () => {
  test.each(Object.keys(MOMENTS) as (keyof typeof MOMENTS)[])("%s", async (when) => {
    const told: string[][] = [];
    for (const how of ["ann leaves", "ann interrupts"] as const) {
      const cell = await MOMENTS[when]();
      WAYS[how](cell);
      await untilBothEnded(cell);
      told.push(cell.ann.codes());
      await rm(join(folder, "1"), { recursive: true, force: true });
    }
    const [inOrder = [], interrupted] = told;
    expect(interrupted).toEqual(KNOWN_TO_WHO_INTERRUPTS.includes(when) ? [] : inOrder);
  });
});

describe("the reader of the stream that a file is written to", () => {
  test("goes in the middle: the file is unfinished, for both", async () => {
    const gone = Object.assign(new Error("EPIPE: broken pipe"), { code: "EPIPE" });
    let taken = 0;
    const cell = await streaming(() => {
      taken += 1;
      return taken === 1 ? Promise.resolve() : Promise.reject(gone);
    });
    await turnsUntil(() => cell.bob.session.status().transfers[0]?.state === "failed");
    WAYS["bob leaves"](cell);
    await untilBothEnded(cell);
    checkEnd(cell.ann, 4);
    expect(cell.bob.events.at(-1)).toMatchObject({ event: "closed", exit: 4 });
  });

  test("goes when it has everything: nothing is wrong", async () => {
    const cell = await streaming();
    cell.release();
    await cell.ann.event("transfer-done");
    WAYS["bob leaves"](cell);
    await untilBothEnded(cell);
    checkEnd(cell.ann, 0);
    checkEnd(cell.bob, 0);
  });
});

test("a file that is broken off is kept in part, and both sides say so", async () => {
  const cell = await MOMENTS["while bytes move"]();
  WAYS["bob leaves"](cell);
  await untilBothEnded(cell);
  const kept = "the received part is kept, only the rest is sent";
  expect(screenOf(cell.ann)).toContain(`p2p: hint: connect again and send it again: ${kept}`);
  expect(screenOf(cell.bob)).toContain(`p2p: hint: connect again and have it sent again: ${kept}`);
  const parts = (await readdir(join(folder, "1"))).filter((name) => name.endsWith(".part"));
  expect(parts).toHaveLength(1);
});

/** The events that end a transfer, without its id. */
function endOf(side: Side): Partial<P2pEvent>[] {
  return side.events.flatMap((event) => {
    if (event.event !== "declined") return [];
    const { transfer: _transfer, event: _event, ...rest } = event;
    return [rest];
  });
}

describe("the question that nobody answered", () => {
  test.each([
    ["bob leaves", { direction: "receive", by: "me", how: "left" }, "left without an answer: photo.jpg"],
    ["bob interrupts", { direction: "receive", by: "me", how: "left" }, "left without an answer: photo.jpg"],
    [
      "ann leaves",
      { direction: "receive", by: "peer", how: "left" },
      "the other side left, photo.jpg is no longer offered",
    ],
    [
      "ann interrupts",
      { direction: "receive", by: "peer", how: "left" },
      "the other side left, photo.jpg is no longer offered",
    ],
  ] as const)("%s: nobody declined it", async (how, end, line) => {
    const cell = await waiting();
    WAYS[how](cell);
    await untilBothEnded(cell);
    expect(endOf(cell.ann)).toEqual([]);
    expect(endOf(cell.bob)).toEqual([end]);
    expect(screenOf(cell.bob)).toContain(line);
    expect(screenOf(cell.ann).join("\n")).not.toMatch(/declined|is kept/);
  });
});

/** What a person decides about a transfer, and what each side says and ends with. */
const DECISIONS: readonly {
  when: keyof typeof MOMENTS;
  what: string;
  decide: (cell: Cell) => boolean;
  exits: Exits;
  ann: RegExp;
  bob: RegExp;
}[] = [
  {
    when: "while the question is open",
    what: "bob declines",
    decide: ({ bob }) => bob.session.decline("r1"),
    exits: [7, 0],
    ann: /^the other side declined 'photo.jpg'$/,
    bob: /^declined photo.jpg$/,
  },
  {
    when: "while the question is open",
    what: "bob cancels",
    decide: ({ bob }) => bob.session.cancel("r1"),
    exits: [7, 0],
    ann: /^the other side declined 'photo.jpg'$/,
    bob: /^declined photo.jpg$/,
  },
  {
    when: "while the question is open",
    what: "ann withdraws",
    decide: ({ ann }) => ann.session.cancel("s1"),
    exits: [4, 0],
    ann: /^withdrew photo.jpg: the other side can no longer accept it$/,
    bob: /^the other side withdrew photo.jpg/,
  },
  {
    when: "in the survey of unfinished parts",
    what: "ann withdraws",
    decide: ({ ann }) => ann.session.cancel("s1"),
    exits: [4, 0],
    ann: /^withdrew photo.jpg/,
    bob: /^the other side withdrew photo.jpg/,
  },
  {
    when: "while the disk is prepared",
    what: "bob cancels",
    decide: ({ bob }) => bob.session.cancel("r1"),
    exits: [7, 0],
    ann: /^the other side declined 'photo.jpg'$/,
    bob: /^cancelled photo.jpg: what was unfinished is removed$/,
  },
  {
    when: "while bytes move",
    what: "bob cancels",
    decide: ({ bob }) => bob.session.cancel("r1"),
    exits: [7, 0],
    ann: /^the other side cancelled 'photo.jpg': what was unfinished there is removed$/,
    bob: /^cancelled photo.jpg: what was unfinished is removed$/,
  },
  {
    when: "while bytes move",
    what: "ann cancels",
    decide: ({ ann }) => ann.session.cancel("s1"),
    exits: [4, 4],
    ann: /^cancelled photo.jpg: what is unfinished over there is removed$/,
    bob: /^the other side cancelled 'photo.jpg' after .+: what was unfinished is removed$/,
  },
];

describe("a person decides", () => {
  test.each(DECISIONS)("$when, $what: exits $exits", async ({ when, decide, exits, ann, bob }) => {
    const cell = await MOMENTS[when]();
    expect(decide(cell)).toBe(true);
    cell.release();
    await turnsUntil(() => [cell.ann, cell.bob].every((side) => endOf(side).length === 1));
    cell.ann.session.finish();
    await untilBothEnded(cell);
    const closed = [cell.ann, cell.bob].map(({ events }) => events.at(-1));
    expect(closed).toMatchObject(exits.map((exit) => ({ event: "closed", exit })));
    const screens = [screenOf(cell.ann), screenOf(cell.bob)] as const;
    for (const [index, line] of [ann, bob].entries()) {
      expect(screens[index]?.filter((said) => line.test(said))).toHaveLength(1);
      expect(screens[index]?.join("\n")).not.toContain("is kept");
    }
    if (exits[0] !== 0) expect(screens[0].at(-1)).toBe("ended, but not everything went through: see above");
    // Nothing of it stays.
    expect(await readdir(join(folder, "1")).catch(() => [])).toEqual([]);
  });
});
