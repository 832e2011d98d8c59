import { describe, expect, it } from "vitest";
import { P2pError } from "../../../src/index.ts";
import { connected, CTRL_C, ENTER, GREETING, offer } from "../../support/conversation-talk.ts";
import { settled } from "../../support/fake-terminal.ts";

/** The peer offers files, the first of which is the largest. */
function severalFiles(transfer: string, paths: readonly string[]): ReturnType<typeof offer> {
  const entries = paths.map((path, at) => ({ path, bytes: 100 - at, type: "file" as const }));
  return { ...offer(transfer, ""), files: paths.length, entries };
}

describe("commands", () => {
  it("sends text behind a double slash and no unknown command", async () => {
    const { session, seen, type } = await connected();
    await type(`//etc${ENTER}`);
    await type(`/hlp${ENTER}/etc/passwd${ENTER}${ENTER}`);
    expect(session.calls).toEqual(["message /etc"]);
    expect(await seen(1)).toEqual([
      "no command /hlp, not sent; did you mean /help?",
      "/help lists the commands; // begins a message with a slash",
      "no command /etc/passwd, not sent",
      "/help lists the commands; // begins a message with a slash",
      ">",
    ]);
  });

  it("says once, to who types a command of other programs, that it was sent and how it is given here", async () => {
    const { session, seen, type } = await connected({ quiet: false });
    await type(`quit${ENTER}`);
    await type(`help${ENTER}`);
    expect(session.calls).toEqual(["message quit", "message help"]);
    expect((await seen()).filter((line) => line.includes("as a message"))).toEqual([
      "'quit' is sent as a message; /quit ends p2p",
    ]);
    const another = await connected({ quiet: false });
    await another.type(`?${ENTER}help me${ENTER}`);
    expect(another.session.calls).toEqual(["message ?", "message help me"]);
    expect((await another.seen()).join("\n")).toContain("'?' is sent as a message; /help lists the commands");
  });

  it("asks about files and takes the answer", async () => {
    const { session, seen, type } = await connected({ freeBytes: async () => 50 });
    session.offer(offer("r1", "d/\u001b[2Jx"));
    expect(await seen()).toEqual([
      "← Ann wants to send 1 file, 100 B:",
      "     100 B  d/\\e[2Jx",
      "to /in (50 B free)",
      "not enough space: 100 B needed, 50 B free",
      "/accept or /decline? (d)",
      ">",
    ]);
    await type(`hello${ENTER}/accept${ENTER}`);
    expect(session.calls).toEqual(["message hello", "accept r1"]);
    expect((await seen()).join("\n")).not.toContain("/decline?");
    await type(`y${ENTER}`);
    expect(session.calls.at(-1)).toBe("message y");
  });

  it.each([
    ["y", "accept r1"],
    ["好", "accept r1"],
    ["ＹＥＳ", "accept r1"],
    ["n", "decline r1"],
    ["不", "decline r1"],
  ])("takes %s for the answer, and does not send it", async (word, call) => {
    const { session, seen, type } = await connected();
    session.offer(offer("r1", "a"));
    await seen();
    await type(`${word}${ENTER}`);
    expect(session.calls).toEqual([call]);
  });

  it("takes a part of what is offered, by the numbers of the list", async () => {
    const { session, seen, type } = await connected();
    const entries = ["c", "a", "b"].map((path, at) => ({ path, bytes: 10 - at, type: "file" as const }));
    session.offer({ ...offer("r1", "a"), files: 3, entries });
    await seen();
    await type(`?${ENTER}/accept 7${ENTER}`);
    expect((await seen()).join("\n")).toContain("nothing has the number 7");
    expect(session.calls).toEqual([]);
    await type(`/accept 1,3${ENTER}`);
    expect(session.calls).toEqual(["accept r1"]);
    expect(["a", "b", "c"].filter((path) => session.chosen?.(path))).toEqual(["b", "c"]);
  });

  it("does not take a yes for files that came while it was typed", async () => {
    const { session, seen, type } = await connected();
    await type("y");
    session.offer(offer("r1", "a"));
    await seen();
    await type(ENTER);
    expect(session.calls).toEqual([]);
    expect((await seen()).join("\n")).toContain("type /accept again");
  });

  it("asks which one when several wait", async () => {
    const { session, seen, type } = await connected();
    session.offer(offer("r1", "a"));
    session.offer(offer("r2", "b"));
    await settled();
    await type(`/decline${ENTER}`);
    expect(session.calls).toEqual([]);
    expect((await seen()).slice(-6)).toEqual([
      "not done, several of them: say which, /decline #N",
      "  #1  a",
      "  #2  b",
      "/accept #1 or /decline #1? (a)",
      "/accept #2 or /decline #2? (b)",
      ">",
    ]);
    await type(`/decline #2${ENTER}/accept r1${ENTER}/accept #9${ENTER}`);
    expect(session.calls).toEqual(["decline r2", "accept r1"]);
    expect((await seen()).join("\n")).toContain("the other side wants to send nothing now");
  });

  it("means entries by a number, whatever was answered meanwhile, and transfers by a marked one", async () => {
    const { session, seen, type } = await connected({}, 100);
    session.offer(severalFiles("r1", ["a", "b", "c"]));
    session.offer(severalFiles("r2", ["d", "e", "f"]));
    await settled();
    expect((await seen()).join("\n")).toContain("/accept #2 1,3 takes a part");
    for (const ambiguous of ["/accept 1", "/accept 2,3", "/decline 2", "/cancel 1"]) await type(ambiguous + ENTER);
    expect(session.calls).toEqual([]);
    expect((await seen()).join("\n")).toContain("say which, /accept #N 2,3");
    await type(`/decline #2${ENTER}`);
    session.settle("r2", "declined");
    await type(`/accept 1${ENTER}`);
    expect(session.calls).toEqual(["decline r2", "accept r1"]);
    expect(["a", "b", "c"].filter((path) => session.chosen?.(path))).toEqual(["a"]);
  });

  it("takes a part of one of several", async () => {
    const { session, type } = await connected();
    session.offer(severalFiles("r1", ["a", "b", "c"]));
    session.offer(severalFiles("r2", ["d", "e", "f"]));
    await settled();
    await type(`/accept #2 2-3${ENTER}`);
    expect(session.calls).toEqual(["accept r2"]);
    expect(["d", "e", "f"].filter((path) => session.chosen?.(path))).toEqual(["e", "f"]);
  });

  it.each(["?", "/accept ?"])("lists by %s what each of several offers", async (question) => {
    const { session, seen, type } = await connected({}, 100);
    session.offer(severalFiles("r1", ["a", "b"]));
    session.offer(severalFiles("r2", ["c"]));
    await seen();
    await type(question + ENTER);
    const lines = (await seen()).slice(-8);
    expect(lines.slice(0, -3).map((line) => line.trim().replaceAll(/ +/g, " "))).toEqual([
      "#1 a, b",
      "1 100 B a",
      "2 99 B b",
      "#2 c",
      "1 100 B c",
    ]);
    expect(session.calls).toEqual([]);
  });

  it.each(["f", "Fresh", "/accept fresh", "/accept #1 fresh"])(
    "takes by %j from the beginning what is here in part",
    async (typed) => {
      const { session, seen, type } = await connected({}, 120);
      session.offer({ ...offer("r1", "a"), resumable: [{ path: "a", bytes: 40, total: 100 }] });
      expect((await seen()).join("\n")).toContain("/accept goes on, /accept fresh takes it from the beginning");
      await type(typed + ENTER);
      expect(session.calls).toEqual(["accept r1 afresh"]);
    },
  );

  it("sends an f where nothing is here in part", async () => {
    const { session, type } = await connected();
    session.offer(offer("r1", "a"));
    await settled();
    await type(`f${ENTER}`);
    expect(session.calls).toEqual(["message f"]);
  });

  it("does not ask about what was accepted already", async () => {
    const { line, session, seen } = await connected({ quiet: false });
    session.offer(offer("r1", "a"), "running");
    line.emit({ event: "accepted", transfer: "r1", direction: "receive", resumedFrom: 0 });
    expect((await seen(GREETING)).slice(0, 2)).toEqual(["the other side sends a: 1 file, 100 B", "receiving a"]);
  });

  it("sends files, shows their progress and what came of them", async () => {
    const { session, seen, type } = await connected({ quiet: false });
    await type(`/send 'my file' b\\ c${ENTER}`);
    expect(session.calls).toEqual(["send my file|b c"]);
    expect((await seen()).at(-2)).toBe("waiting for the other side to accept my file, b c");
    session.progress("s1", 524_288, 524_288);
    await type("typing");
    expect((await seen()).slice(-2)).toEqual([
      "sending my file, b c   50%  512 KiB of 1.0 MiB  512 KiB/s  0:01 left  direct",
      "> typing",
    ]);
    session.settle("s1", "done");
    expect((await seen()).slice(-2)).toEqual(["sent my file, b c: 1 file, 1.0 MiB in 2.0 s (512 KiB/s)", "> typing"]);
  });

  it("tells why files cannot be sent, in the language", async () => {
    const { session, seen, type } = await connected({ lang: "zh" });
    session.sendError = new P2pError("PATH_MISSING", { path: "x\u001b" });
    await type(`/send x${ENTER}`);
    await type(`/send${ENTER}/send 'x${ENTER}`);
    expect(await seen()).toEqual([
      "p2p: error: 无法发送“x\\e”：它不存在 (PATH_MISSING)",
      "p2p: hint: 请检查拼写",
      "/send needs a path: /send photo.jpg 'my folder'",
      "a quote is not closed: nothing sent",
      ">",
    ]);
  });

  it("cancels a transfer and goes on", async () => {
    const { session, seen, type } = await connected({ quiet: false });
    await type(`/cancel${ENTER}/send a${ENTER}`);
    await type(`/cancel${ENTER}`);
    expect(session.calls).toEqual(["send a", "cancel s1"]);
    const lines = await seen(GREETING);
    expect(lines[0]).toBe("no transfer is running or waiting to be accepted");
    expect(lines.slice(-2)).toEqual(["withdrew a: the other side can no longer accept it", ">"]);
  });

  it.each(["/cancel", "/cancel #1"])("declines by %s what the other side offers", async (command) => {
    const { session, seen, type } = await connected();
    session.offer(offer("r1", "a"));
    await seen();
    await type(`${command}${ENTER}`);
    expect(session.calls).toEqual(["decline r1"]);
  });

  it("names what a number of none can be", async () => {
    const { session, seen, type } = await connected();
    session.offer(offer("r1", "a"));
    await seen();
    await type(`/cancel #7${ENTER}`);
    expect((await seen()).join("\n")).toContain("no transfer #7 is");
    expect(session.calls).toEqual([]);
  });

  it("completes with Tab and lists what is possible", async () => {
    const { seen, type } = await connected();
    await type("/st\t");
    expect(await seen()).toEqual(["> /status"]);
    await type(`${CTRL_C}/\t`);
    expect(await seen()).toEqual([
      "/send  /accept  /decline  /cancel  /verify  /keep  /status  /paste  /help  /quit",
      "> /",
    ]);
  });

  it("shows status and help", async () => {
    const { seen, type } = await connected();
    await type(`/status${ENTER}/help${ENTER}`);
    const lines = await seen();
    expect(lines[0]).toBe("direct: 127.0.0.1:4001 to 127.0.0.1:4002 over udp");
    expect(lines).toContain("//TEXT         a message that begins with a slash");
  });
});
