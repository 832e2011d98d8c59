// Who leaves when, with real processes: the exit codes of both sides and what the sender says last. The whole table is in
// test/unit/session/when-who-how.test.ts.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connect, exits, type Pair, people } from "../support/processes.ts";
import { randomFile } from "../support/trees.ts";

const FILE_BYTES = 30 << 20;
/** The file takes some seconds with this. */
const SLOWLY = ["--limit", "5MB/s"] as const;

/** Both are connected: Ann's side has said so, and Bob's prints events. */
async function connected({ bob }: Pair): Promise<void> {
  await bob.event("connected");
}

async function moving({ bob }: Pair): Promise<void> {
  await bob.event("progress", ({ bytes }) => bytes > 0);
}

interface Row {
  readonly when: string;
  readonly ann: readonly string[];
  readonly bob: readonly string[];
  /** The moment. */
  readonly until: (pair: Pair) => Promise<void>;
  readonly who: string;
  readonly leave: (pair: Pair) => void;
  readonly exits: readonly [number, number];
  /** What Ann's stderr says once. */
  readonly said?: RegExp;
  /** The last line there. */
  readonly last?: string;
  /** Ann types a line at the start, and her input stays open. Without it there is none. */
  readonly input?: string;
  readonly isStreamed?: boolean;
}

const RECEIVES = ["--json", "-y", "--no-chat"] as const;
const NOT_SENT =
  /^p2p: error: 'stdin' was not sent: the other side left before it was accepted \(TRANSFER_INTERRUPTED\)$/gm;
const OWN_END = /^p2p: error: 'stdin' was not sent: this side ended before it was accepted \(TRANSFER_INTERRUPTED\)$/gm;
const BROKEN_OFF = /^p2p: error: 'big.bin' was interrupted after .*\(TRANSFER_INTERRUPTED\)$/gm;
const INPUT_OPEN =
  /^p2p: error: the other side ended the session before the end of this side's input \(CONNECTION_LOST\)$/gm;

const terminate = ({ bob }: Pair): void => bob.signal("SIGTERM");
const interrupt = ({ bob }: Pair): void => bob.signal("SIGINT");

const ROWS: readonly Row[] = [
  {
    when: "while stdin is read to be a file",
    ann: ["-"],
    input: "a part",
    bob: RECEIVES,
    until: connected,
    who: "bob terminates",
    leave: terminate,
    exits: [4, 143],
    said: NOT_SENT,
  },
  {
    when: "while stdin is read to be a file",
    ann: ["-"],
    input: "a part",
    bob: RECEIVES,
    until: connected,
    who: "ann terminates",
    leave: ({ ann }) => ann.signal("SIGTERM"),
    exits: [143, 0],
    said: OWN_END,
    last: "interrupted",
  },
  {
    when: "between a PATH and the end of stdin",
    ann: ["small.txt", "-"],
    input: "a part",
    bob: RECEIVES,
    until: async ({ bob }) => void (await bob.event("transfer-done")),
    who: "bob interrupts",
    leave: interrupt,
    exits: [4, 130],
    said: NOT_SENT,
  },
  {
    when: "after the first of the piped lines",
    ann: [],
    input: "first\n",
    bob: RECEIVES,
    until: async ({ bob }) => void (await bob.event("message")),
    who: "bob interrupts",
    leave: interrupt,
    exits: [3, 130],
    said: INPUT_OPEN,
  },
  {
    when: "before the first of the piped lines",
    ann: [],
    input: "",
    bob: RECEIVES,
    until: connected,
    who: "bob terminates",
    leave: terminate,
    exits: [3, 143],
    said: INPUT_OPEN,
  },
  {
    when: "while bytes move",
    ann: ["big.bin", ...SLOWLY],
    bob: RECEIVES,
    until: moving,
    who: "bob terminates",
    leave: terminate,
    exits: [4, 143],
    said: BROKEN_OFF,
    last: "the other side ended the session",
  },
  {
    when: "while bytes move",
    ann: ["big.bin", ...SLOWLY],
    bob: RECEIVES,
    until: moving,
    who: "ann interrupts",
    leave: ({ ann }) => ann.signal("SIGINT"),
    exits: [130, 4],
    said: BROKEN_OFF,
  },
  {
    when: "while bytes move",
    ann: ["big.bin", ...SLOWLY],
    bob: RECEIVES,
    isStreamed: true,
    until: async ({ bob }) => {
      for await (const chunk of bob.output.iterator({ destroyOnReturn: false })) {
        if (String(chunk).includes('"event":"progress"')) return;
      }
    },
    who: "the reader of bob's events goes",
    leave: ({ bob }) => void bob.output.destroy(),
    exits: [4, 4],
    said: BROKEN_OFF,
  },
  {
    when: "when a file is offered",
    ann: ["small.txt"],
    bob: ["--json", "--no-chat"],
    until: async () => {},
    who: "nobody leaves, and nobody is there to be asked",
    leave: () => {},
    exits: [7, 0],
    said: /small\.txt'.*\(PEER_DECLINED\)$/gm,
  },
  {
    when: "when all is sent",
    ann: ["small.txt", "-m", "hello"],
    bob: RECEIVES,
    until: async () => {},
    who: "nobody leaves",
    leave: () => {},
    exits: [0, 0],
    said: /^done$/gm,
  },
];

describe.concurrent("the end of a run", () => {
  test.for(ROWS)("$when, $who: exits $exits", async (row, t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "small.txt"), "small");
    if (row.ann.includes("big.bin")) await randomFile(join(ann.dir, "big.bin"), FILE_BYTES);
    // With piped lines as input, --no-chat would leave them unread.
    const args = row.ann.length === 0 ? [] : ["--no-chat", ...row.ann];
    const pair = await connect({ ann, bob }, args, row.bob, {
      ann: row.input === undefined ? {} : { stdin: "pipe" },
      bob: row.isStreamed === true ? { stdout: "stream" } : {},
    });
    if (row.input !== undefined) pair.ann.type(row.input);
    await row.until(pair);
    row.leave(pair);
    expect(await exits(pair)).toEqual(row.exits);
    if (row.said !== undefined) expect(pair.ann.stderr.match(row.said)).toHaveLength(1);
    const last = pair.ann.stderr.trimEnd().split("\n").at(-1);
    if (row.exits[0] !== 0) expect(last).not.toBe("done");
    if (row.last !== undefined) expect(last).toBe(row.last);
  });
});

test("a conversation over a pipe that stays open ends with the other side, and nothing is missing", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = await connect({ ann, bob }, ["--chat"], RECEIVES, { ann: { stdin: "pipe" } });
  pair.ann.type("first\n");
  await pair.bob.event("message");
  interrupt(pair);
  expect(await exits(pair)).toEqual([0, 130]);
  expect(pair.ann.stderr).not.toContain("error");
  expect(pair.ann.stderr.trimEnd().split("\n").at(-1)).toBe("the other side ended the session");
});
