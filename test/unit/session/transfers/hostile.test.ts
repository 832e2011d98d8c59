// A peer that speaks the protocol by hand and means harm. Whatever it does, nothing is written outside the
// output folder or without consent, and the session ends with an error that says so.
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry, Frame } from "../../../../src/transfer/frames.ts";
import { MAX_OPEN_PROPOSALS } from "../../../../src/transfer/limits.ts";
import { entryOf, folderOf, sha256, symlinkOf } from "../../../support/engine-pair.ts";
import { framesOf, messageOf } from "../../../support/frames.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";
import { makeTempDir, removeTempDir, TransferSide, turnsUntil } from "../../../support/transfer-pair.ts";
import { readTree, writeTree } from "../../../support/trees.ts";

let dir: string;
let victim: TransferSide;
let peer: MemoryChannel;
let heard: Frame[];

const VICTIM_FILES = { ".bashrc": Buffer.from("alias"), "victim/secret": Buffer.from("s") };

async function start(consent: "accept" | "ask" = "accept"): Promise<void> {
  dir = await makeTempDir();
  await writeTree(dir, VICTIM_FILES);
  const [mine, theirs] = MemoryChannel.pair();
  peer = theirs;
  heard = [];
  theirs.onMessage = (message) => {
    if (typeof message !== "string") heard.push(...framesOf(message));
  };
  victim = new TransferSide(mine, dir, { consent });
  say({ type: "hello", version: 1, capabilities: 0 });
}

beforeEach(() => start());

afterEach(async () => {
  await victim.session.close("ended");
  await removeTempDir(dir);
});

function say(...frames: Frame[]): void {
  peer.send(messageOf(...frames));
}

function proposal(transfer: number, entries: Entry[]): void {
  const files = entries.filter(({ type }) => type === "file").length;
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  say(
    { type: "proposal", transfer, entries: entries.length, files, bytes },
    { type: "entries", transfer, first: 0, entries },
  );
}

function content(transfer: number, index: number, text: string): Frame[] {
  const chunk = Buffer.from(text);
  return [
    { type: "data", transfer, index, offset: 0, chunk },
    { type: "file-end", transfer, index, sha256: sha256(chunk) },
  ];
}

async function hear<Type extends Frame["type"]>(type: Type): Promise<Extract<Frame, { type: Type }>> {
  const isIt = (frame: Frame): frame is Extract<Frame, { type: Type }> => frame.type === type;
  await turnsUntil(() => heard.some(isIt));
  const frame = heard.find(isIt);
  if (frame === undefined) throw new Error("not reached");
  return frame;
}

/** Everything in the folder but what was received. */
async function aroundOutput(): Promise<string[]> {
  return Object.keys(await readTree(dir)).filter((path) => path !== "in" && !path.startsWith("in/"));
}

describe("more than this side keeps", () => {
  it("is declined as that, and is no breach of the protocol", async () => {
    await victim.session.close("ended");
    await removeTempDir(dir);
    await start("ask");
    for (let transfer = 1; transfer <= MAX_OPEN_PROPOSALS + 1; transfer += 1) proposal(transfer, [entryOf("f", 1)]);
    expect(await hear("decline")).toMatchObject({ transfer: MAX_OPEN_PROPOSALS + 1, reason: "limit" });
    const message = "declined what the other side wants to send: 64 of its transfers are open already";
    expect(victim.of("error")).toMatchObject([{ code: "TOO_MUCH_PROPOSED", message }]);
    expect(victim.session.exit).toBe(4);
  });
});

const UNTOUCHED = [".bashrc", "victim", "victim/secret"];

describe("a path that leads out", () => {
  it.each(["../.bashrc", "a/../../.bashrc", "/etc/x", "..", "a//b", "a\0", "..\\.bashrc", "x/".repeat(300)])(
    "%j: the proposal is refused and never shown",
    async (path) => {
      proposal(1, [entryOf("harmless", 1), entryOf(path, 1)]);
      expect(await hear("decline")).toMatchObject({ transfer: 1, reason: "unsafe-path" });
      expect(victim.events).toMatchObject([{ event: "error", code: "PEER_PROTOCOL" }]);
      expect((await aroundOutput()).toSorted()).toEqual(UNTOUCHED);
      expect(victim.session.exit).toBe(4);
      // The rest of the session is alive.
      proposal(2, [entryOf("ok", 2)]);
      await hear("accept");
      say(...content(2, 0, "ok"));
      await hear("done");
    },
  );

  it("is not even read when it is longer than any path", async () => {
    proposal(1, [entryOf("a".repeat(4_097), 1)]);
    expect(await hear("error")).toMatchObject({ detail: "a path is too long" });
  });

  it("is no path at all when it is made of backslashes, drives and control characters", async () => {
    proposal(1, [entryOf("C:\\Windows\\x", 1), entryOf("e\u001b[2Jvil\r\n", 1), entryOf("txt.\u202eexe", 1)]);
    await hear("accept");
    say(...content(1, 0, "1"), ...content(1, 1, "2"), ...content(1, 2, "3"));
    await hear("done");
    expect(Object.keys(await readTree(victim.outputDir)).toSorted()).toEqual([
      "C:_Windows_x",
      "e_[2Jvil__",
      "txt._exe",
    ]);
    expect((await aroundOutput()).toSorted()).toEqual(UNTOUCHED);
  });
});

describe("links", () => {
  it("planted before lead nowhere", async () => {
    await mkdir(victim.outputDir);
    await symlink("../victim", join(victim.outputDir, "d"));
    await symlink("../.bashrc", join(victim.outputDir, "f"));
    proposal(1, [entryOf("d/secret", 4), entryOf("f", 4)]);
    await hear("accept");
    say(...content(1, 0, "evil"), ...content(1, 1, "evil"));
    await hear("done");
    const results = heard.filter((frame) => frame.type === "result");
    // Which file is over first is the disk's choice.
    expect(results.toSorted((a, b) => a.index - b.index)).toMatchObject([
      { index: 0, status: "failed", reason: "write-failed" },
      { index: 1, status: "stored" },
    ]);
    expect(victim.errorCodes).toEqual(["LINK_OUTSIDE"]);
    expect(victim.of("file-done").map(({ path }) => path)).toEqual([join(victim.outputDir, "f (1)")]);
    expect(await readFile(join(dir, ".bashrc"), "utf8")).toBe("alias");
    expect(Object.keys(await readTree(join(dir, "victim")))).toEqual(["secret"]);
    expect(await readFile(join(dir, "victim/secret"), "utf8")).toBe("s");
  });
});

describe("links in a proposal", () => {
  it.each([
    ["/etc", "d/l"],
    ["..", "d/l"],
    ["../../victim", "d/e/l"],
    ["x/../../../victim", "d/e/l"],
    ["..\\..\\victim", "d/e/l"],
    ["victim", "l"],
    ["", "d/l"],
    ["a\0", "d/l"],
  ])("to %j at %j: the proposal is refused and never shown", async (target, path) => {
    proposal(1, [entryOf("d/f", 1), symlinkOf(path, target)]);
    expect(await hear("decline")).toMatchObject({ transfer: 1, reason: "unsafe-path" });
    expect(victim.errorCodes).toEqual(["PEER_PROTOCOL"]);
    expect(victim.of("incoming")).toEqual([]);
  });

  it("are not there yet when files under their names are written", async () => {
    proposal(1, [symlinkOf("d/e/l", ".."), entryOf("d/e/l/f", 4), symlinkOf("d/e/l/f/g", ".."), entryOf("d/f", 1)]);
    await hear("accept");
    say(...content(1, 1, "evil"), ...content(1, 3, "x"));
    await hear("done");
    expect(
      victim
        .of("file-done")
        .map(({ path }) => path.slice(victim.outputDir.length + 1))
        .toSorted(),
    ).toEqual(["d/e/l/f", "d/f"]);
    const tree = await readTree(victim.outputDir);
    expect(tree["d/e/l"]).toBe("folder");
    expect(tree["d/e/l (1)"]).toBe("-> ..");
    expect((await aroundOutput()).toSorted()).toEqual(UNTOUCHED);
  });

  it("of one transfer give the next no way out", async () => {
    // Each stays inside; followed one after the other they would climb, if a name could be gone back behind.
    proposal(1, [folderOf("d/e/f"), symlinkOf("d/e/f/up", "../.."), symlinkOf("d/out", "e/f/up")]);
    await hear("accept");
    await hear("done");
    heard.length = 0;
    proposal(2, [entryOf("d/out/x", 1), symlinkOf("d/e/l", "f/up/../../victim"), symlinkOf("d/k", "out/../..")]);
    expect(await hear("decline")).toMatchObject({ transfer: 2, reason: "unsafe-path" });
    proposal(3, [entryOf("d/out/x", 1), symlinkOf("d/e/l", "f/up/e")]);
    await hear("accept");
    say(...content(3, 0, "x"));
    await hear("done");
    const tree = await readTree(victim.outputDir);
    expect(Object.keys(tree).filter((path) => path.endsWith("/x"))).toEqual(["d/x"]);
    expect((await aroundOutput()).toSorted()).toEqual(UNTOUCHED);
  });

  it("are as many as paths: what they lead to counts for the room of a proposal", async () => {
    const target = `${"x".repeat(250)}/`.repeat(16);
    const links = Array.from({ length: 9_000 }, (_, at) => symlinkOf(`d/${at}`, target));
    say({ type: "proposal", transfer: 1, entries: links.length, files: 0, bytes: 0 });
    for (let first = 0; first < links.length; first += 15) {
      say({ type: "entries", transfer: 1, first, entries: links.slice(first, first + 15) });
    }
    expect(await hear("decline")).toMatchObject({ reason: "limit" });
  });
});

describe("a file and a folder of one name in one proposal", () => {
  it("get two names", async () => {
    proposal(1, [entryOf("x", 1), entryOf("x/y", 1), folderOf("x/z")]);
    await hear("accept");
    say(...content(1, 0, "1"), ...content(1, 1, "2"));
    await hear("done");
    const names = Object.keys(await readTree(victim.outputDir)).toSorted();
    expect(names).toHaveLength(4);
    expect(names.filter((name) => name.endsWith("/y") || name.endsWith("/z"))).toHaveLength(2);
  });
});

describe("without consent", () => {
  it("nothing is written, and the channel is closed with a word", async () => {
    await victim.session.close("ended");
    await removeTempDir(dir);
    await start("ask");
    proposal(1, [entryOf("f", 1)]);
    say(...content(1, 0, "x"));
    expect(await hear("error")).toMatchObject({ detail: "files without consent" });
    await turnsUntil(() => !peer.isOpen);
    expect(victim.errorCodes).toEqual(["PEER_PROTOCOL"]);
    expect(victim.of("declined")).toMatchObject([{ by: "peer" }]);
    expect((await aroundOutput()).toSorted()).toEqual(UNTOUCHED);
    expect(Object.keys(await readTree(dir))).not.toContain("in");
  });

  it("an accepted proposal does not open another", async () => {
    await victim.session.close("ended");
    await removeTempDir(dir);
    await start("ask");
    proposal(1, [entryOf("f", 1)]);
    proposal(2, [entryOf("g", 1)]);
    await victim.until(() => victim.of("incoming").length === 2);
    victim.session.accept(victim.of("incoming")[0]?.transfer ?? "");
    await hear("accept");
    say(...content(2, 0, "x"));
    expect(await hear("error")).toMatchObject({ detail: "files without consent" });
  });
});

describe("lies", () => {
  it("about a hash: the file is not kept", async () => {
    proposal(1, [entryOf("f", 1)]);
    await hear("accept");
    say({ type: "data", transfer: 1, index: 0, offset: 0, chunk: Buffer.from("x") });
    say({ type: "file-end", transfer: 1, index: 0, sha256: new Uint8Array(32) });
    expect(await hear("result")).toMatchObject({ status: "failed", reason: "hash-mismatch" });
    await hear("done");
    expect(await readTree(victim.outputDir)).toEqual({});
    expect(victim.session.exit).toBe(5);
  });

  it.each<[string, Frame[]]>([
    ["a longer file than proposed", [{ type: "data", transfer: 1, index: 0, offset: 0, chunk: Buffer.from("xx") }]],
    ["an offset behind the end", [{ type: "data", transfer: 1, index: 0, offset: 2 ** 52, chunk: Buffer.from("x") }]],
    ["an entry that is not there", [{ type: "data", transfer: 1, index: 7, offset: 0, chunk: Buffer.from("x") }]],
    ["an end too early", [{ type: "file-end", transfer: 1, index: 0, sha256: new Uint8Array(32) }]],
  ])("%s: the session is over and leaves nothing", async (_, frames) => {
    proposal(1, [entryOf("f", 1)]);
    await hear("accept");
    say(...frames);
    await hear("error");
    await victim.session.close("ended");
    expect(victim.errorCodes.toSorted()).toEqual(["PEER_PROTOCOL", "TRANSFER_INTERRUPTED"]);
    expect(await readTree(victim.outputDir)).toEqual({});
  });

  it("about the end of the world: more bytes than all disks have", async () => {
    proposal(1, [entryOf("f", Number.MAX_SAFE_INTEGER)]);
    expect(await hear("decline")).toMatchObject({ reason: "disk-full" });
    expect(victim.errorCodes).toEqual(["DISK_FULL"]);
  });
});

describe("noise", () => {
  it.each<[string, string | Uint8Array]>([
    ["text", "hello"],
    ["a cut frame", Uint8Array.of(0x25, 0, 0, 4, 0)],
    ["an unknown frame", Uint8Array.of(0x30, 0, 0, 0)],
  ])("%s ends the channel with a word", async (_, message) => {
    peer.send(message);
    await hear("error");
    await turnsUntil(() => !peer.isOpen);
    expect(victim.errorCodes).toEqual(["PEER_PROTOCOL"]);
  });

  it("of frames that may be passed over changes nothing", async () => {
    peer.send(Uint8Array.of(0x90, 0, 0, 1, 7));
    proposal(1, [entryOf("f", 1)]);
    await hear("accept");
    expect(victim.errorCodes).toEqual([]);
  });

  it("of an ERROR is told as the peer's", async () => {
    say({ type: "error", detail: "\u001b[2Jyou broke it" });
    await victim.until(() => victim.of("error").length === 1);
    expect(victim.of("error")[0]?.message).toContain("you broke it");
    await writeFile(join(dir, "f"), "x");
    expect(await victim.send("f")).toBe("failed");
  });
});

describe("a long list", () => {
  it("is told by its first thousand entries", async () => {
    await victim.session.close("ended");
    await removeTempDir(dir);
    await start("ask");
    proposal(
      1,
      Array.from({ length: 1_500 }, (_, at) => entryOf(`f${at}`, 1)),
    );
    await victim.until(() => victim.of("incoming").length === 1);
    const [incoming] = victim.of("incoming");
    expect(incoming).toMatchObject({ files: 1_500, bytes: 1_500 });
    expect(incoming?.entries).toHaveLength(1_000);
  });
});
