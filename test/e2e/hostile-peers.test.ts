// A malicious peer over real DTLS against a real process: whatever it says, nothing is written outside --output, what
// is kept of it is bounded, and the other person is told.
import { mkdir, readdir, readlink, rename, symlink } from "node:fs/promises";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { encodeControl } from "../../src/control/messages.ts";
import { MAX_REFUSALS } from "../../src/session/channels/registry.ts";
import type { Entry, Frame } from "../../src/transfer/frames.ts";
import { entryOf, folderOf, sha256, symlinkOf } from "../support/engine-pair.ts";
import { contentOf } from "../support/hostile-peer.ts";
import { MaliciousPeer } from "../support/malicious-peer.ts";
import { OWN_FILE, PEER_FILE, type Person, people, until } from "../support/processes.ts";
import { residentBytes } from "../support/resident-bytes.ts";
import { readTree, writeTree } from "../support/trees.ts";

const MIB = 1 << 20;

/** Everything around a victim but what p2p itself writes: the output folder, the exchange files, its lock and its state. */
async function around(victim: Person): Promise<Record<string, string>> {
  const tree = await readTree(join(victim.dir, ".."));
  const may = ["victim/in", `victim/${OWN_FILE}`, `victim/${PEER_FILE}`, "victim/.p2p-lock", "victim-state"];
  return Object.fromEntries(
    Object.entries(tree).filter(([path]) => !may.some((one) => path === one || path.startsWith(`${one}/`))),
  );
}

/** A person with secrets around the output folder `in`, and what is there before anything happens. */
async function victimOf(t: TestContext): Promise<{ victim: Person; home: string; before: Record<string, string> }> {
  const { victim } = await people(t, "victim");
  await writeTree(victim.dir, { ".bashrc": Buffer.from("alias"), "secret/key": Buffer.from("k") });
  const home = join(victim.dir, "../home");
  await writeTree(home, { ".ssh/authorized_keys": Buffer.from("mine") });
  return { victim, home, before: await around(victim) };
}

const args = ["--json", "-y", "-o", "in"] as const;

describe.concurrent("a malicious peer", () => {
  test("with channels that nobody knows has them closed and told to both sides, and the line goes on", async (t) => {
    const { victim } = await victimOf(t);
    const peer = await MaliciousPeer.connect(t, victim, ["-y", "-o", "in"]);
    const odd = Array.from({ length: 40 }, (_, at) => peer.open(`camera\u001b[2J${at}`, "p2p-media/1"));
    await until(() => odd.every(({ isOpen }) => !isOpen), "they are closed");
    await until(() => peer.told.length === MAX_REFUSALS, "it is told");
    expect(peer.told[0]).toEqual({ type: "channel-refused", label: "camera\u001b[2J0", protocol: "p2p-media/1" });
    peer.channels.text.send("after them");
    await peer.victim.until(() => peer.victim.stdout.includes("after them"), "the line goes on");
    const { stderr } = peer.victim;
    expect(stderr.split("p2p-media/1")).toHaveLength(MAX_REFUSALS + 1);
    expect(stderr).not.toContain("\u001b");
  });

  test("with names, links and lies writes nothing outside, and the session lives on", async (t) => {
    const { victim, before } = await victimOf(t);
    const peer = await MaliciousPeer.connect(t, victim, args);
    let transfer = 0;
    const paths = ["../.bashrc", "/etc/p2p", "a/../../.bashrc", "a//b", "a\0b", "..", "a\\..\\..\\b", "x/".repeat(300)];
    const refused: Entry[] = [...paths.map((path) => entryOf(path, 1)), symlinkOf("d/l", "../../secret")];
    for (const entry of refused) {
      transfer += 1;
      peer.offer(transfer, [entryOf("harmless", 1), entry]);
      expect(await peer.hear("decline", transfer)).toMatchObject({ reason: "unsafe-path" });
    }
    // Names that are odd and no way out: they arrive, under names that harm nobody.
    transfer += 1;
    const odd = ["C:\\Windows\\x", "f:stream", "e\u001b[2Jvil\r\n", "txt.\u202eexe", ".p2p-0.part", "x", "x/y"];
    peer.offer(transfer, [...odd.map((path) => entryOf(path, 1)), symlinkOf("d/e/l", ".."), entryOf("d/e/l/f", 1)]);
    await peer.hear("accept", transfer);
    const files = [...odd.keys(), odd.length + 1];
    for (const [count, index] of files.entries()) {
      peer.say(...contentOf(transfer, index, "x"));
      await until(() => peer.victim.eventsOf("file-done").length === count + 1, "it is stored");
    }
    await peer.hear("done", transfer);
    const received = await readTree(join(victim.dir, "in"));
    const safe = ["C:_Windows_x", "_.p2p-0.part", "e_[2Jvil__", "f:stream", "txt._exe", "x", "x (1)", "x (1)/y"];
    const linked = ["d", "d/e", "d/e/l", "d/e/l (1)", "d/e/l/f"];
    expect(Object.keys(received).toSorted()).toEqual([...safe, ...linked].toSorted());
    // A wrong hash: told, not kept.
    transfer += 1;
    peer.offer(transfer, [entryOf("wrong", 1)]);
    await peer.hear("accept", transfer);
    peer.say({ type: "data", transfer, index: 0, offset: 0, chunk: Buffer.from("x") });
    peer.say({ type: "file-end", transfer, index: 0, sha256: sha256(Buffer.from("y")) });
    expect(await peer.hear("result", transfer)).toMatchObject({ status: "failed", reason: "hash-mismatch" });
    // And in the end a lie about the size, which is the end of the channel.
    transfer += 1;
    peer.offer(transfer, [entryOf("short", 1)]);
    await peer.hear("accept", transfer);
    peer.say({ type: "data", transfer, index: 0, offset: 0, chunk: Buffer.from("longer") });
    expect(await peer.hear("error")).toMatchObject({ detail: "data behind the end of a file" });
    peer.channels.text.send("still\u001b[2J here");
    expect(await peer.victim.event("message")).toMatchObject({ text: "still\u001b[2J here" });
    expect(peer.victim.stdout).not.toContain("\u001b");
    expect(Object.keys(await readTree(join(victim.dir, "in")))).toHaveLength(Object.keys(received).length);
    expect(await around(victim)).toEqual(before);
  });

  test("that says hello again is one connection, told once, and the end of it", async (t) => {
    const { victim } = await victimOf(t);
    const peer = await MaliciousPeer.connect(t, victim, [...args, "-m", "once"]);
    await peer.victim.event("connected");
    for (let count = 0; count < 20; count += 1) {
      peer.channels.control?.send(encodeControl({ type: "hello", mode: "conversation", verify: "possible" }));
    }
    expect(await peer.victim.exit()).toBe(4);
    expect(peer.victim.eventsOf("connected")).toHaveLength(1);
    expect(peer.victim.eventsOf("error")).toMatchObject([{ code: "PEER_PROTOCOL" }, { code: "CONNECTION_LOST" }]);
    expect(peer.victim.events.at(-1)).toMatchObject({ event: "closed", reason: "error", exit: 4 });
  });

  test("that closes its channels has left, and what it did not take is told", async (t) => {
    const { victim } = await victimOf(t);
    const peer = await MaliciousPeer.connect(t, victim, [...args, "-m", "not taken"]);
    await peer.victim.event("connected");
    for (const channel of Object.values(peer.channels)) channel?.close();
    expect(await peer.victim.exit()).toBe(3);
    expect(peer.victim.eventsOf("error")).toMatchObject([
      { code: "CONNECTION_LOST", message: expect.stringContaining("not delivered: 1 message") as unknown },
    ]);
    expect(peer.victim.events.at(-1)).toMatchObject({ event: "closed", reason: "lost", exit: 3 });
  });

  test("that plants links before and during a transfer leads nobody out", async (t) => {
    const { victim, home, before } = await victimOf(t);
    const output = join(victim.dir, "in");
    await mkdir(join(output, "before"), { recursive: true });
    await symlink(home, join(output, "before/out"));
    await symlink("../.bashrc", join(output, "rc"));
    const peer = await MaliciousPeer.connect(t, victim, [...args, "--conflict", "overwrite"]);
    peer.offer(1, [entryOf("before/out/.ssh/authorized_keys", 4), entryOf("rc", 4), entryOf("before/out", 4)]);
    await peer.hear("accept", 1);
    for (const index of [0, 1, 2]) peer.say(...contentOf(1, index, "evil"));
    await peer.hear("done", 1);
    expect(await readlink(join(output, "before/out"))).toBe(home);
    // Its accomplice on this machine swaps a folder for a link while files come.
    peer.offer(2, [entryOf("d/one", 1), entryOf("d/two", 2), entryOf("d/three", 1)]);
    await peer.hear("accept", 2);
    peer.say(...contentOf(2, 0, "1"), { type: "data", transfer: 2, index: 1, offset: 0, chunk: Buffer.from("2") });
    const inFolder = (): string[] => (existsSync(join(output, "d")) ? readdirSync(join(output, "d")).toSorted() : []);
    const isHalfway = (): boolean => inFolder().includes("one") && inFolder().some((name) => name.endsWith(".part"));
    await until(isHalfway, "one file and one part are there");
    await rename(join(output, "d"), join(output, "moved"));
    await symlink(join(home, ".ssh"), join(output, "d"));
    peer.say(
      { type: "data", transfer: 2, index: 1, offset: 1, chunk: Buffer.from("2") },
      { type: "file-end", transfer: 2, index: 1, sha256: sha256(Buffer.from("22")) },
      ...contentOf(2, 2, "3"),
    );
    await peer.hear("done", 2);
    // A link is told once, however many files would go through it.
    const codes = peer.victim.eventsOf("error").map(({ code }) => code);
    expect(codes).toEqual(["LINK_OUTSIDE", "LINK_OUTSIDE"]);
    expect(await around(victim)).toEqual(before);
  });

  test("that skips consent is cut off, and nothing is written", async (t) => {
    const { victim, before } = await victimOf(t);
    const peer = await MaliciousPeer.connect(t, victim, ["--json", "-o", "in"]);
    const entries = [entryOf("f", 1), folderOf("d")];
    // In one message: nobody can have answered in between.
    peer.say(
      { type: "proposal", transfer: 1, entries: 2, files: 1, bytes: 1 },
      { type: "entries", transfer: 1, first: 0, entries },
      ...contentOf(1, 0, "x"),
    );
    expect(await peer.hear("error")).toMatchObject({ detail: "files without consent" });
    expect(await peer.victim.event("error")).toMatchObject({ code: "PEER_PROTOCOL" });
    expect(await readdir(victim.dir)).not.toContain("in");
    expect(await around(victim)).toEqual(before);
  });

  test("that floods offers and messages is bounded, and then cut off", async (t) => {
    const { victim, before } = await victimOf(t);
    // Nobody reads what the victim prints.
    const peer = await MaliciousPeer.connect(t, victim, ["--json", "-o", "in"], { stdout: "stream" });
    const names = Array.from({ length: 12 }, (_, at) => entryOf(`${at}/${"x".repeat(250)}/${"y".repeat(250)}`, 1));
    const residentBefore = residentBytes(peer.victim.pid);
    let transfer = 0;
    const reasonOfNext = async (): Promise<string> => {
      transfer += 1;
      peer.offer(transfer, names);
      return (await peer.hear("decline", transfer)).reason;
    };
    // Each is declined, as nobody is there to ask; when the events of that fill up, before anything is made of it.
    await untilAsync(async () => (await reasonOfNext()) === "limit", 2_000);
    for (let more = 0; more < 200; more += 1) expect(await reasonOfNext()).toBe("limit");
    expect(residentBytes(peer.victim.pid) - residentBefore).toBeLessThan(64 * MIB);
    expect(openFiles(peer.victim.pid).length).toBeLessThan(64);
    for (let count = 0; count < 1_000; count += 1) peer.channels.text.send("x".repeat(1_000));
    peer.victim.output.resume();
    expect(await peer.victim.exit()).toBe(4);
    expect(await around(victim)).toEqual(before);
  });

  test("with transfers that never end keeps few files open, and ends like any other", async (t) => {
    const { victim, before } = await victimOf(t);
    const peer = await MaliciousPeer.connect(t, victim, args);
    const transfers = Array.from({ length: 64 }, (_, at) => at + 1);
    for (const transfer of transfers) peer.offer(transfer, [entryOf(`${transfer}/f`, MIB)]);
    for (const transfer of transfers) await peer.hear("accept", transfer);
    for (const transfer of transfers) {
      peer.say({ type: "data", transfer, index: 0, offset: 0, chunk: Buffer.from("x") });
    }
    await until(
      () => openFiles(peer.victim.pid).filter((path) => path.endsWith(".part")).length === 64,
      "each has begun",
    );
    peer.offer(65, [entryOf("one more", 1)]);
    expect(await peer.hear("decline", 65)).toMatchObject({ reason: "limit" });
    peer.victim.signal("SIGINT");
    expect(await peer.victim.exit()).toBe(130);
    expect(await around(victim)).toEqual(before);
  });

  test.for<[string, (peer: MaliciousPeer) => void, string]>([
    ["a frame cut off", (peer) => peer.shout(Uint8Array.of(0x10, 0, 0, 20, 0, 0)), "a field is cut off"],
    ["a frame that nobody knows", (peer) => peer.shout(Uint8Array.of(0x3f, 0, 0, 0)), "unknown frame type 63"],
    ["text", (peer) => peer.shout("hello"), "text on the transfer channel"],
    ["another HELLO", (peer) => peer.say({ type: "hello", version: 9, capabilities: 0 }), "a second HELLO"],
    ["an answer to nothing", (peer) => peer.say({ type: "done", transfer: 9 }), "an answer to what was not proposed"],
  ])("with %s is told why it is cut off", async ([, speak, detail], t) => {
    const { victim, before } = await victimOf(t);
    const peer = await MaliciousPeer.connect(t, victim, args);
    speak(peer);
    expect(await peer.hear("error")).toMatchObject({ detail } satisfies Partial<Extract<Frame, { type: "error" }>>);
    expect(await peer.victim.event("error")).toMatchObject({ code: "PEER_PROTOCOL" });
    peer.victim.signal("SIGINT");
    await peer.victim.exit();
    expect(await around(victim)).toEqual(before);
  });
});

/** Tries as often as this. */
async function untilAsync(attempt: () => Promise<boolean>, tries: number): Promise<void> {
  for (let count = 0; count < tries; count += 1) if (await attempt()) return;
  throw new Error(`not after ${tries} tries`);
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}
