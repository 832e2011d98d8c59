import { describe, expect, it } from "vitest";
import { P2pError } from "../../../src/index.ts";
import { connected, CTRL_C, CTRL_D, ENTER, offer, says, start } from "../../support/conversation-talk.ts";
import { settled } from "../../support/fake-terminal.ts";
import { ANSI_STYLE } from "../../support/styles.ts";

describe("before it is connected", () => {
  it("narrates events and ignores what is typed", async () => {
    const { line, seen, type } = start();
    line.emit({ event: "file-awaited", path: "/x/L.json" });
    await settled();
    line.emit({ event: "loopback-only" });
    await type("hello\r");
    expect(await seen()).toEqual([
      "waiting for the other side's file: save it as /x/L.json (Ctrl-C ends)",
      "no network here: the file reaches programs on this machine only",
    ]);
  });

  it("ends with 130 on Ctrl-C, with the code of `closed` on Ctrl-D", async () => {
    const first = start();
    await first.type(CTRL_C);
    expect(await first.ended).toEqual({ exit: 130 });
    expect(first.line.closeReasons).toEqual(["interrupted"]);
    const second = start();
    await second.type(CTRL_D);
    expect(await second.ended).toEqual({ exit: 0 });
    expect(second.line.closeReasons).toEqual(["quit"]);
  });

  it("gives the exit code of a line that failed, and says why", async () => {
    const { line, ended, seen } = start();
    line.emit({ event: "error", code: "FILE_NOT_THERE", message: "it did not come", hint: "start again" });
    line.end("timeout", 6);
    expect(await ended).toEqual({ exit: 6 });
    expect(await seen()).toEqual([
      "p2p: error: it did not come (FILE_NOT_THERE)",
      "p2p: hint: start again",
      "ended: the time is up",
    ]);
  });

  it("throws what ended a line without a closed event", async () => {
    const error = new P2pError("FOLDER_IN_USE", { dir: ".", pid: 1, command: "offer" });
    const { ended, terminal } = start({
      line: {
        events: (async function* () {})(),
        session: Promise.reject(error),
        takeDocument: () => Promise.resolve("p"),
        close: async () => {},
      },
    });
    await expect(ended).rejects.toBe(error);
    expect(terminal.isRaw).toBe(false);
  });
});

describe("the chat", () => {
  it("greets, calls back with the session and shows a prompt", async () => {
    const sessions: unknown[] = [];
    const { line, seen } = start({
      onSessionReady: (session) => {
        sessions.push(session);
      },
    });
    const session = line.connect();
    expect(await seen()).toEqual([
      "connected directly: 127.0.0.1:4001 to 127.0.0.1:4002 over udp, 3 ms",
      "type a message and press Enter; /help lists the commands",
      ">",
    ]);
    expect(sessions).toEqual([session]);
  });

  it("never tears the line being typed", async () => {
    const { line, terminal, seen, type } = await connected({}, 40);
    await type("typing 中文 and so on until it wraps around 又一次");
    const typed = await seen();
    const { row, column } = terminal.screen.cursor;
    line.emit(says("one"));
    line.emit(says("two\nthree"));
    expect(await seen()).toEqual(["12:01 Ann: one", "12:01 Ann: two", "      three", ...typed]);
    expect(terminal.screen.cursor).toEqual({ row: row + 3, column });
  });

  it("keeps the cursor where it was inside the line", async () => {
    const { line, terminal, seen, type } = await connected();
    await type("abc中文\u001b[D\u001b[D");
    line.emit(says("x"));
    await type("|");
    expect(await seen()).toEqual(["12:01 Ann: x", "> abc|中文"]);
    expect(terminal.screen.cursor).toEqual({ row: 1, column: 6 });
  });

  it("marks an own message when the peer has acknowledged it", async () => {
    const { line, session, seen, type } = await connected();
    session.acknowledgesAtOnce = false;
    await type(`first${ENTER}second${ENTER}`);
    expect(await seen()).toEqual(["12:01 me: first …", "12:01 me: second …", ">"]);
    line.emit(says("between"));
    session.acknowledge();
    expect(await seen()).toEqual(["12:01 Ann: between", "12:01 me: first ✓", "12:01 me: second …", ">"]);
    session.acknowledge();
    expect((await seen()).at(-2)).toBe("12:01 me: second ✓");
  });

  it("shows messages that were not typed here, as those of --message", async () => {
    const { line, seen } = await connected();
    line.emit({ event: "message", from: "me", text: "from the command line" });
    expect(await seen()).toEqual(["12:01 me: from the command line ✓", ">"]);
  });

  it("says what was not delivered and what was not sent", async () => {
    const { line, session, ended, seen, type } = await connected();
    session.acknowledgesAtOnce = false;
    await type(`lost${ENTER}half a line`);
    line.end("lost", 3);
    expect(await ended).toEqual({ exit: 3, isWithinLine: true });
    expect(await seen()).toEqual(["12:01 me: lost ✗ not delivered", "not sent: half a line"]);
  });

  it("shows text of the peer and never obeys it", async () => {
    const { line, terminal, seen } = await connected({ style: ANSI_STYLE });
    const before = terminal.bytes.length;
    line.emit(says("\u001b[2J\u001b]0;title\u0007\r\u202eabc\u009b31m"));
    expect((await seen())[0]).toBe("12:01 Ann: \\e[2J\\e]0;title\\x07\\r\\u{202e}abc\\x9b31m");
    expect(terminal.bytes.slice(before)).not.toMatch(/\u001b\[2J|\u001b\]|[\u0007\u009b\u202e]/);
  });

  it("takes pasted lines as messages, whatever they begin with", async () => {
    const { session, seen, type } = await connected();
    await type("\u001b[200~one\n/quit\r\n//two\n\tlast\u001b[201~");
    expect(session.calls).toEqual(["message one", "message /quit", "message //two"]);
    expect((await seen()).at(-1)).toBe(">       last");
    await type(`!${ENTER}`);
    expect(session.calls.at(-1)).toBe("message \tlast!");
  });

  it("takes a command that a paste completes", async () => {
    const { session, type } = await connected();
    await type("/send \u001b[200~a.txt\n\u001b[201~");
    expect(session.calls).toEqual(["send a.txt"]);
  });

  it("has a history", async () => {
    const { session, type } = await connected();
    await type(`one${ENTER}two${ENTER}\u001b[A\u001b[A${ENTER}`);
    expect(session.calls).toEqual(["message one", "message two", "message one"]);
  });
});

describe("the end", () => {
  it("clears the line on the first Ctrl-C and ends on the second", async () => {
    const { line, ended, seen, type } = await connected();
    await type(`something${CTRL_C}`);
    expect(await seen()).toEqual([">"]);
    expect(line.closeReasons).toEqual([]);
    await type(CTRL_C);
    expect(await ended).toEqual({ exit: 130 });
  });

  it.each([
    ["/quit", `/quit${ENTER}`],
    ["Ctrl-D", CTRL_D],
  ])("ends at once on %s when nothing runs", async (_name, keys) => {
    const { line, ended, type } = await connected();
    await type(keys);
    expect(await ended).toEqual({ exit: 0 });
    expect(line.closeReasons).toEqual(["quit"]);
  });

  it("keeps Ctrl-D for deleting while something is typed", async () => {
    const { line, seen, type } = await connected();
    await type(`ab\u0001${CTRL_D}`);
    expect(await seen()).toEqual(["> b"]);
    expect(line.closeReasons).toEqual([]);
  });

  it("waits for transfers, then ends", async () => {
    const { line, session, ended, seen, type } = await connected();
    await type(`/send a${ENTER}/quit${ENTER}`);
    expect((await seen())[0]).toBe("ending when the other side has answered; /quit or Ctrl-D again ends at once");
    session.progress("s1", 1, 1);
    await type(`still here${ENTER}`);
    expect(line.closeReasons).toEqual([]);
    session.settle("s1", "done");
    expect(await ended).toEqual({ exit: 0 });
    expect(line.closeReasons).toEqual(["quit"]);
  });

  it("waits for what comes in, too", async () => {
    const { line, session, ended, type } = await connected();
    session.offer(offer("r1", "a"), "running");
    await type(`/quit${ENTER}`);
    expect(line.closeReasons).toEqual([]);
    session.settle("r1", "done");
    expect(await ended).toEqual({ exit: 0 });
  });

  it("does not wait when told a second time", async () => {
    const { line, ended, type } = await connected();
    await type(`/send a${ENTER}/quit${ENTER}${CTRL_D}`);
    await ended;
    expect(line.closeReasons).toEqual(["quit"]);
  });

  it("declines nothing in the name of a person who has not answered", async () => {
    const { session, ended, type } = await connected();
    session.offer(offer("r1", "a"));
    await settled();
    await type(CTRL_D);
    await ended;
    expect(session.calls).toEqual([]);
  });

  it("ends when the terminal is gone", async () => {
    const { line, terminal, ended } = await connected();
    terminal.input.emit("end");
    await ended;
    expect(line.closeReasons).toEqual(["interrupted"]);
  });

  it("gives the terminal back, with no prompt left on it", async () => {
    const { line, session, terminal, ended, seen, type } = await connected({ quiet: false });
    expect(terminal.isRaw).toBe(true);
    expect(terminal.screen.isPasteBracketed).toBe(true);
    session.offer(offer("r1", "a"), "running");
    await type("   ");
    line.end("peer-bye", 0);
    await ended;
    expect(terminal.isRaw).toBe(false);
    expect(terminal.screen.isPasteBracketed).toBe(false);
    expect((await seen()).at(-1)).toBe("the other side ended the session");
    expect(terminal.screen.cursor.column).toBe(0);
    expect(terminal.input.listenerCount("keypress")).toBe(0);
  });

  it("gives the terminal back and throws when a callback has a bug", async () => {
    const bug = new Error("a bug");
    const { ended, terminal } = await connected({
      onSessionReady: async () => {
        throw bug;
      },
    });
    await expect(ended).rejects.toBe(bug);
    expect(terminal.isRaw).toBe(false);
  });
});
