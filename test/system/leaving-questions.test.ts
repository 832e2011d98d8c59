// A person leaves a question instead of answering it, on a real terminal under tmux: how this side ends, and what the
// other side is told. Leaving is neither a yes nor a no.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { answer, binary, carry, LOOPBACK, offer, OWN_FILE, people, type Person, until } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";

const preload = fileURLToPath(new URL("../support/no-names.mjs", import.meta.url));
const CODE_FILE = "code.txt";

/** `p2p` in a terminal of a person. Its exit code goes to a file, for which the shell outlives the terminal. */
function p2pIn({ dir, stateDir, test: t }: Person, args: readonly string[]): Tmux {
  const tmux = new Tmux({
    rows: 50,
    test: t,
    env: { P2P_STATE_DIR: stateDir, XDG_CONFIG_HOME: stateDir, LANG: "C", NO_COLOR: "1" },
  });
  const command = [process.execPath, "--import", preload, binary, ...args].join(" ");
  tmux.type(
    `cd '${dir}'; clear; bash -c "trap '' HUP; trap : INT; ${command}; echo \\$? > part; mv part ${CODE_FILE}"`,
  );
  tmux.press("Enter");
  return tmux;
}

async function exitOf({ dir }: Person): Promise<number> {
  const path = join(dir, CODE_FILE);
  await until(() => existsSync(path), "its exit code");
  return Number(await readFile(path, "utf8"));
}

type Way = "Ctrl-C" | "Ctrl-D" | "/quit" | "closing the window";

function leave(tmux: Tmux, way: Way): void {
  if (way === "closing the window") tmux.hangUp();
  else if (way === "/quit") {
    tmux.type("/quit");
    tmux.press("Enter");
  } else tmux.press(way === "Ctrl-C" ? "C-c" : "C-d");
}

const asks = (tmux: Tmux, question: string): Promise<string[]> =>
  tmux.shows((lines) => lines.some((line) => line.includes(question)), question);

const LEFT = "the other side left before both had compared";
const NOT_SENT = "'photo.jpg' was not sent: the other side left before it was accepted";
const CHAT = [] as const;
const PLAIN = ["--no-chat"] as const;

interface Row {
  readonly mode: readonly string[];
  readonly way: Way;
  /** This side's exit code. */
  readonly exit: number;
}

const EVERY_WAY: readonly Row[] = [
  { mode: PLAIN, way: "Ctrl-C", exit: 130 },
  { mode: PLAIN, way: "closing the window", exit: 129 },
  { mode: CHAT, way: "Ctrl-C", exit: 130 },
  { mode: CHAT, way: "Ctrl-D", exit: 0 },
  { mode: CHAT, way: "/quit", exit: 0 },
  { mode: CHAT, way: "closing the window", exit: 129 },
];
const named = (row: Row): [string, Row] => [`${row.way}${row.mode === PLAIN ? ", without a chat" : ""}`, row];

describe.concurrent("while the other side's file is waited for", () => {
  const rows = [...EVERY_WAY, { mode: PLAIN, way: "/quit", exit: 0 } as const];
  test.for(rows.flatMap((row) => (["offer", "answer"] as const).map((command) => [command, ...named(row)] as const)))(
    "p2p %s, %s",
    async ([command, , { mode, way, exit }], t) => {
      const { ann } = await people(t, "ann");
      const tmux = p2pIn(ann, [command, ...LOOPBACK, ...mode]);
      await asks(tmux, "(Ctrl-C ends)");
      leave(tmux, way);
      expect(await exitOf(ann)).toBe(exit);
    },
  );
});

describe.concurrent("at the comparison", () => {
  test.for([...EVERY_WAY, { mode: PLAIN, way: "Ctrl-D", exit: 3 } as const].map(named))(
    "%s: the other side reads that it was left",
    async ([, { mode, way, exit }], t) => {
      const { ann, bob } = await people(t, "ann", "bob");
      const tmux = p2pIn(ann, ["offer", ...LOOPBACK, "--verify", ...mode]);
      const bobSide = answer(bob, ["--json", "--no-chat", "--verify-expect", "-", "-m", "hi"], { stdin: "pipe" });
      await carry(ann, bob);
      await carry(bob, ann);
      await asks(tmux, "[y/n]");
      await bobSide.event("verify");
      leave(tmux, way);
      t.expect(await bobSide.exit()).toBe(3);
      t.expect(bobSide.eventsOf("error").map(({ message }) => message)).toContain(LEFT);
      t.expect(bobSide.stderr).not.toMatch(/middle|does not confirm/);
      t.expect(bobSide.events.at(-1)).toMatchObject({ event: "closed", reason: "peer-bye", exit: 3 });
      t.expect(await exitOf(ann)).toBe(exit);
    },
  );

  test("with a file to be sent: 4, and the file is named", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(bob.dir, "photo.jpg"), "a photo");
    const tmux = p2pIn(ann, ["offer", ...LOOPBACK, "--verify"]);
    const bobSide = answer(bob, ["--json", "--verify-expect", "-", "photo.jpg"], { stdin: "pipe" });
    await carry(ann, bob);
    await carry(bob, ann);
    await asks(tmux, "[y/n]");
    leave(tmux, "Ctrl-C");
    t.expect(await bobSide.exit()).toBe(4);
    t.expect(bobSide.eventsOf("error").map(({ message }) => message)).toEqual([LEFT, NOT_SENT]);
    t.expect(await exitOf(ann)).toBe(130);
  });
});

describe.concurrent("at an offered file", () => {
  test.for(EVERY_WAY.filter(({ mode, exit }) => (mode === PLAIN) !== (exit === 0)).map(named))(
    "%s: the sender reads that it was left",
    async ([, { mode, way, exit }], t) => {
      const { ann, bob } = await people(t, "ann", "bob");
      await writeFile(join(bob.dir, "photo.jpg"), "a photo");
      const tmux = p2pIn(ann, ["offer", ...LOOPBACK, ...mode]);
      const bobSide = answer(bob, ["--json", "photo.jpg"]);
      await carry(ann, bob);
      await carry(bob, ann);
      await asks(tmux, mode === PLAIN ? "[y/n]" : "/accept or /decline?");
      leave(tmux, way);
      t.expect(await bobSide.exit()).toBe(4);
      t.expect(bobSide.eventsOf("error").map(({ message }) => message)).toEqual([NOT_SENT]);
      t.expect(await exitOf(ann)).toBe(exit);
      // The terminal has shown ^C where the answer was to be: what p2p says has a row of its own.
      const ending = "ending; once more to end at once";
      if (mode === PLAIN && way === "Ctrl-C") await tmux.shows((lines) => lines.includes(ending), ending);
    },
  );

  test("its sender leaves by Ctrl-C, and reads that it was not sent", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), "a photo");
    const sender = offer(ann, ["--no-chat", "photo.jpg"]);
    await carry(ann, bob);
    const tmux = p2pIn(bob, ["answer", ...LOOPBACK, ...PLAIN]);
    await carry(bob, ann);
    await asks(tmux, "[y/n]");
    sender.signal("SIGINT");
    t.expect(await sender.exit()).toBe(130);
    t.expect(sender.stderr).toContain("'photo.jpg' was not sent: this side ended before it was accepted");
    t.expect(await exitOf(bob)).toBe(0);
    await asks(tmux, "no longer offered");
  });

  test("Ctrl-D without a chat declines", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(bob.dir, "photo.jpg"), "a photo");
    const tmux = p2pIn(ann, ["offer", ...LOOPBACK, ...PLAIN]);
    const bobSide = answer(bob, ["--json", "photo.jpg"]);
    await carry(ann, bob);
    await carry(bob, ann);
    await asks(tmux, "[y/n]");
    leave(tmux, "Ctrl-D");
    t.expect(await bobSide.exit()).toBe(7);
    t.expect(await exitOf(ann)).toBe(0);
  });
});

describe.concurrent("before there is another side", () => {
  test("Ctrl-C while servers are asked has a row of its own", async (t) => {
    const { ann } = await people(t, "ann");
    const tmux = p2pIn(ann, ["offer", "--bind", "127.0.0.1", "--stun", "stun:127.0.0.1:9", ...PLAIN]);
    await asks(tmux, "asking for our public address");
    leave(tmux, "Ctrl-C");
    const ending = "ending; once more to end at once";
    await tmux.shows((lines) => lines.includes(ending), ending);
    t.expect(await exitOf(ann)).toBe(130);
  });

  const PASSPHRASE = "a passphrase for the files";

  test.for<[way: Way, exit: number]>([
    ["Ctrl-C", 130],
    ["Ctrl-D", 2],
  ])("%s at a new passphrase ends with %i, and nothing is written", async ([way, exit], t) => {
    const { ann } = await people(t, "ann");
    const tmux = p2pIn(ann, ["offer", ...LOOPBACK, "--seal"]);
    await asks(tmux, PASSPHRASE);
    leave(tmux, way);
    t.expect(await exitOf(ann)).toBe(exit);
    if (way === "Ctrl-D") await asks(tmux, "--seal needs a passphrase, and none was typed");
    t.expect(existsSync(join(ann.dir, OWN_FILE))).toBe(false);
  });

  test.for<[question: string, way: Way, exit: number]>([
    ["while their file is waited for", "Ctrl-D", 0],
    ["while their file is waited for", "closing the window", 129],
    ["at the passphrase of their file", "Ctrl-C", 130],
    ["at the passphrase of their file", "Ctrl-D", 0],
  ])("%s, %s ends with %i, and nothing is amiss", async ([question, way, exit], t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const tmux = p2pIn(bob, ["answer", ...LOOPBACK]);
    await asks(tmux, "waiting for the other side's file");
    if (question.includes("passphrase")) {
      const annSide = offer(ann, ["--json", "--seal"], { env: { P2P_PASSPHRASE: "six random words of a list" } });
      await annSide.event("waiting");
      await carry(ann, bob);
      await asks(tmux, "passphrase of");
    }
    leave(tmux, way);
    t.expect(await exitOf(bob)).toBe(exit);
    if (way !== "closing the window") t.expect(tmux.screen.join("\n")).not.toContain("error");
  });

  test.for<[way: Way, exit: number]>([
    ["Ctrl-C", 130],
    ["Ctrl-D", 130],
  ])("%s at an earlier offer loses nothing", async ([way, exit], t) => {
    const { ann } = await people(t, "ann");
    const first = offer(ann, ["--json"]);
    const { id } = await first.event("local-file");
    first.signal("SIGINT");
    await first.exit();
    const tmux = p2pIn(ann, ["offer", ...LOOPBACK]);
    await asks(tmux, "[y/n]");
    leave(tmux, way);
    if (way === "Ctrl-D") {
      await asks(tmux, "going on with");
      leave(tmux, "Ctrl-C");
    }
    t.expect(await exitOf(ann)).toBe(exit);
    t.expect(await readFile(join(ann.dir, OWN_FILE), "utf8")).toContain(id);
  });
});

test("to be kept: who leaves without /keep is not kept, and that is said", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const tmux = p2pIn(ann, ["offer", ...LOOPBACK, "--verify"]);
  const own = join(ann.dir, OWN_FILE);
  await until(() => existsSync(own), "Ann's file");
  const [fingerprint = ""] = /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(await readFile(own, "utf8")) ?? [];
  // His messages come from a pipe that stays open: he does not leave by himself.
  const bobSide = answer(bob, ["--json", "--verify-expect", fingerprint], { stdin: "pipe" });
  await carry(ann, bob);
  await carry(bob, ann);
  await asks(tmux, "[y/n]");
  tmux.type("y");
  tmux.press("Enter");
  await asks(tmux, "/keep NAME keeps");
  tmux.type("/keep Bob");
  tmux.press("Enter");
  await asks(tmux, "our key is sent");
  bobSide.signal("SIGTERM");
  await asks(tmux, "Bob is not kept: the other side has not typed /keep");
  expect(await exitOf(ann)).toBe(0);
});
