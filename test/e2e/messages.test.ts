// Text between two real processes: -m, piped lines, and what reaches stdout.
import { describe, expect, test } from "vitest";
import { answer, carry, connect, exits, offer, people } from "../support/processes.ts";

describe.concurrent("messages", () => {
  test("one each way with -m", async (t) => {
    const pair = await connect(
      await people(t, "ann", "bob"),
      ["--no-chat", "-m", "hi Bob"],
      ["--no-chat", "-m", "hi Ann"],
    );
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.ann.stdout).toBe("hi Ann\n");
    expect(pair.bob.stdout).toBe("hi Bob\n");
  });

  test("several -m come in order, in every script", async (t) => {
    const texts = ["first", "第二条消息 🎉", "x".repeat(10_000), "last"];
    const args = texts.flatMap((text) => ["-m", text]);
    const pair = await connect(await people(t, "ann", "bob"), ["--no-chat", ...args], ["--no-chat"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.lines).toEqual(texts);
  });

  test("a line of a MiB is one message, a longer one as few as can be, and a tab stays a tab", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, [], ["--no-chat"], { ann: { stdin: "pipe" } });
    const line = "多 bytes 🎉 !!!!!".repeat(65_536);
    pair.ann.type(`${line}\n${line}!\na\tb\u001b[A\n`);
    pair.ann.endInput();
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.lines).toEqual([line, line, "!", "a\tb\\e[A"]);
  });

  test("lines on stdin are messages, literally, and the end of input ends the session", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, [], [], { ann: { stdin: "pipe" }, bob: { stdin: "pipe" } });
    pair.ann.type("hello\n/quit\n\n//two slashes\n");
    await pair.bob.prints("//two slashes");
    pair.bob.type("答\nno newline at the end");
    pair.bob.endInput();
    await pair.ann.prints("no newline at the end");
    expect(pair.ann.hasEnded).toBe(false);
    pair.ann.endInput();
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.lines).toEqual(["hello", "/quit", "", "//two slashes"]);
    expect(pair.ann.lines).toEqual(["答", "no newline at the end"]);
  });

  test("lines typed before the connection are kept", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, [], { stdin: "pipe" });
    annSide.type("early\n");
    annSide.endInput();
    await carry(ann, bob);
    const bobSide = answer(bob, ["--no-chat"]);
    await carry(bob, ann);
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    expect(bobSide.lines).toEqual(["early"]);
  });

  test("with --no-chat stdin is not read", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, ["--no-chat", "-m", "from -m"], ["--no-chat"], { ann: { stdin: "pipe" } });
    pair.ann.type("from stdin\n");
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.lines).toEqual(["from -m"]);
  });

  test("control and bidi characters of the peer are shown and not obeyed, one line a message", async (t) => {
    const evil = "a\u001b[2Jb\nc\u202ed\u0007";
    const pair = await connect(await people(t, "ann", "bob"), ["--no-chat", "-m", evil], ["--no-chat"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.stdout).toBe("a\\e[2Jb\\nc\\u{202e}d\\x07\n");
  });

  test("the name of the peer is not in front of its lines on stdout", async (t) => {
    const pair = await connect(
      await people(t, "ann", "bob"),
      ["--no-chat", "--name", "Ann", "-m", "hi"],
      ["--no-chat"],
    );
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.stdout).toBe("hi\n");
  });

  test("all talk is on stderr, in the language that was asked for", async (t) => {
    const pair = await connect(
      await people(t, "ann", "bob"),
      ["--no-chat", "--lang", "zh"],
      ["--no-chat", "--lang", "en"],
    );
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.ann.stdout + pair.bob.stdout).toBe("");
    expect(pair.ann.stderr).toMatch(/\p{Script=Han}/u);
    expect(pair.bob.stderr).not.toMatch(/\p{Script=Han}/u);
  });

  test("--quiet says nothing when all goes well", async (t) => {
    const pair = await connect(await people(t, "ann", "bob"), ["--no-chat", "-q", "-m", "hi"], ["--no-chat", "-q"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.stdout).toBe("hi\n");
    expect(pair.ann.stderr + pair.bob.stderr).toBe("");
  });
});
