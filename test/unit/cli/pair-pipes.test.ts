// stdin and stdout as files.
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { P2pError, type P2pEvent } from "../../../src/index.ts";
import { closed, CONNECTED, FakeIo, LOCAL_FILE } from "./fakes.ts";
import { awaiting, begin, INCOMING, settled } from "./pair-run.ts";

describe("-o -", () => {
  test("says that what it does not take is declined, not that nobody is there to ask", async () => {
    const { io, line, exit } = await begin("answer -y -o - --no-chat");
    line.emit(LOCAL_FILE, CONNECTED, INCOMING);
    line.emit({ event: "declined", transfer: "t1", direction: "receive", by: "me" }, closed());
    expect(await exit).toBe(0);
    const { stderr } = await io.written();
    expect(stderr).toContain("declined");
    expect(stderr).not.toContain("-y accepts what comes");
  });

  test("writes file bytes to stdout and nothing else there", async () => {
    const { io, line, exit } = await begin("answer -o - --no-chat");
    expect(line.options?.settings.session.outputDir).toBe(".");
    line.emit(LOCAL_FILE, CONNECTED, { event: "message", from: "peer", text: "hi" });
    await line.options?.settings.session.fileOutput?.write(Buffer.from("\u001b[2J\n"));
    line.emit(
      { event: "file-done", transfer: "t1", direction: "receive", path: "-", bytes: 5, sha256: "00" },
      closed(),
    );
    expect(await exit).toBe(0);
    const { stdout, stderr } = await io.written();
    expect(stdout).toBe("\u001b[2J\n");
    expect(stderr).toContain("hi\n");
    expect(stderr).toContain("written to stdout, 5 B\n");
  });

  test.each(["answer -o - --no-chat", "answer --out - --no-chat", "answer --json"])(
    "%s: what the peer says waits while nobody reads the talk",
    async (args) => {
      const { io, line, exit } = await begin(args);
      line.emit(LOCAL_FILE, CONNECTED);
      const text = "x".repeat(100_000);
      const said: P2pEvent = args.endsWith("--json")
        ? { event: "far-end-says", text }
        : { event: "message", from: "peer", text };
      for (let count = 0; count < 30; count += 1) line.emit(said);
      await settled();
      expect(io.errors.writableLength).toBeGreaterThan(200_000);
      expect(io.errors.writableLength).toBeLessThan(500_000);
      line.emit(closed());
      io.errors.resume();
      expect(await exit).toBe(0);
    },
  );

  test("is no folder in the question either", async () => {
    const { io, line, exit } = await begin("answer -o - --no-chat", new FakeIo(["stdin", "stderr"]));
    awaiting(line);
    let screen = "";
    io.errors.on("data", (chunk: Buffer) => {
      screen += chunk.toString();
    });
    line.emit(LOCAL_FILE, CONNECTED, INCOMING);
    while (!screen.includes("[y/n]")) await settled();
    expect(screen).toContain("to stdout: the first file, the rest is declined\n");
    line.emit(closed());
    expect(await exit).toBe(0);
  });

  test("on a broken stdout is told once: by the line", async () => {
    const { io, line, exit } = await begin("answer -o - --no-chat");
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    io.output.destroy(Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" }));
    await expect(line.options?.settings.session.fileOutput?.write(Buffer.from("x"))).rejects.toThrow();
    expect(await exit).toBe(0);
    io.errors.end();
    expect(await text(io.errors)).not.toContain("p2p: error");
  });
});

describe("PATH -", () => {
  test("sends stdin when it has ended, beside the other PATHs, and then it is done", async () => {
    const { io, line, exit } = await begin("offer a - --stdin-name x.tar");
    line.fakeSession.onFinish = () => line.emit(closed());
    line.emit(LOCAL_FILE, CONNECTED);
    io.input.write("/quit\n");
    await settled();
    expect(line.fakeSession.calls).toEqual(["send a"]);
    io.input.end("\u0000");
    expect(await exit).toBe(0);
    expect(line.fakeSession.calls).toEqual(["send a", "send x.tar of 7 B", "finish"]);
    expect(line.fakeSession.messages).toEqual([]);
  });

  test("that fails ends it at once, and is told", async () => {
    const { io, line, exit } = await begin("offer -");
    line.emit(LOCAL_FILE);
    await settled();
    io.input.destroy(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }));
    expect(await exit).toBe(8);
    expect(line.closes).toEqual([{ reason: "quit", exit: 8 }]);
    expect((await io.written()).stderr).toContain("p2p: error: cannot send '-': EIO: i/o error (PATH_UNREADABLE)");
  });

  test("that fails once connected leaves the line to end as it does", async () => {
    const { io, line, exit } = await begin("offer -");
    line.fakeSession.onFinish = () => line.emit(closed());
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    io.input.destroy(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }));
    expect(await exit).toBe(8);
    expect(line.fakeSession.calls).toEqual(["finish"]);
    expect((await io.written()).stderr).toContain("(PATH_UNREADABLE)");
  });

  test("is given up when the line ends first", async () => {
    const { io, line, exit } = await begin("offer -");
    line.emit(LOCAL_FILE, CONNECTED);
    io.input.write("half");
    await settled();
    line.emit(closed(0, "peer-bye"));
    expect(await exit).toBe(0);
    expect(io.input.destroyed).toBe(true);
    expect(line.fakeSession.calls.filter((call) => call.startsWith("send"))).toEqual([]);
  });
});

describe("a session that ends before it has taken what was to be sent", () => {
  test.each(["offer -m hi", "offer --json -m hi", "offer --json"])("%s: 3, and stdin may stay open", async (args) => {
    const { io, line, exit } = await begin(args);
    line.fakeSession.sendMessage = () => Promise.reject(new P2pError("CONNECTION_LOST", { end: "over" }));
    line.emit(LOCAL_FILE, CONNECTED);
    if (!args.includes("-m")) io.input.write("a line\n");
    // A rejection that nobody handles ends the process here.
    await settled();
    line.emit(closed(0, "peer-bye"));
    expect(await exit).toBe(3);
    const { stdout } = await io.written();
    if (args.includes("--json")) expect(stdout.trimEnd().split("\n").at(-1)).toContain('"exit":3');
  });

  test("feeds it once, however often it is told that it is connected", async () => {
    const { io, line, exit } = await begin("offer -m hi");
    line.fakeSession.onFinish = () => line.emit(closed());
    line.emit(LOCAL_FILE, CONNECTED, CONNECTED, CONNECTED);
    io.input.end("line\n");
    expect(await exit).toBe(0);
    expect(line.fakeSession.messages).toEqual(["hi", "line"]);
  });
});
