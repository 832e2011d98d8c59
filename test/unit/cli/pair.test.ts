import { text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import type { PairPorts } from "../../../src/cli/commands/pair.ts";
import { run } from "../../../src/cli/main.ts";
import { P2pError, type P2pEvent } from "../../../src/index.ts";
import { closed, CONNECTED, FakeIo, LOCAL_FILE, NOW, PAIR } from "./fakes.ts";
import { awaiting, begin, INCOMING, settled } from "./pair-run.ts";

describe("plain", () => {
  test("talk on stderr, each received message one escaped line on stdout", async () => {
    const { io, line, exit } = await begin("offer --no-chat");
    line.emit(LOCAL_FILE, { event: "waiting", for: "file" }, CONNECTED);
    line.emit({ event: "message", from: "peer", text: "two\nlines \u001b[2J" });
    line.emit({ event: "message", from: "me", text: "mine" }, closed());
    expect(await exit).toBe(0);
    const { stdout, stderr } = await io.written();
    expect(stdout).toBe("two\\nlines \\e[2J\n");
    expect(stderr).toContain("/tmp/LocaltionJson.json");
    expect(stderr).not.toContain("mine");
  });

  test("-q is quiet but for errors", async () => {
    const { io, line, exit } = await begin("offer -q --no-chat");
    line.emit({ event: "asking-servers", urls: ["stun:a"] });
    line.emit(LOCAL_FILE, CONNECTED, { event: "error", code: "FILE_EXPIRED", message: "old", hint: "new" }, closed(6));
    expect(await exit).toBe(6);
    expect(await io.written()).toEqual({ stdout: "", stderr: "p2p: error: old (FILE_EXPIRED)\np2p: hint: new\n" });
  });

  test.each(["5MB", "512kB/s", "2M"])(
    "a limit of %s is told as it was typed, beside what it is elsewhere",
    async (typed) => {
      const shown = { "5MB": "4.8 MiB/s", "512kB/s": "500 KiB/s", "2M": "2.0 MiB/s" }[typed] ?? "";
      const { io, line, exit } = await begin(`offer --no-chat --limit ${typed}`);
      line.emit(LOCAL_FILE, CONNECTED, closed());
      expect(await exit).toBe(0);
      expect((await io.written()).stderr).toContain(`files are sent at ${shown} at most (--limit ${typed})\n`);
    },
  );

  test("errors are told in the person's language", async () => {
    const { errorEvent } = await import("../../../src/command-port.ts");
    const { io, line, exit } = await begin("offer -q --no-chat --lang zh");
    line.emit(LOCAL_FILE, errorEvent(new P2pError("CONNECTION_LOST", { seconds: 15 })), closed(3));
    expect(await exit).toBe(3);
    expect((await io.written()).stderr).toContain("连接已断开");
  });

  test("sends -m, then the PATHs, and is done", async () => {
    const { io, line, exit } = await begin("offer a b -m one -m two");
    line.fakeSession.onFinish = () => line.emit(closed());
    line.emit(LOCAL_FILE, CONNECTED);
    expect(await exit).toBe(0);
    expect(line.fakeSession.messages).toEqual(["one", "two"]);
    expect(line.fakeSession.calls).toEqual(["send a b", "finish"]);
    // With PATHs stdin is not read.
    expect(io.input.readableFlowing).toBeNull();
  });

  test("piped lines are messages, literally; their end is ours", async () => {
    const { io, line, exit } = await begin("offer");
    line.fakeSession.onFinish = () => line.emit(closed());
    line.emit(LOCAL_FILE, CONNECTED);
    io.input.write("hello\n/quit\n");
    await settled();
    expect(line.fakeSession.messages).toEqual(["hello", "/quit"]);
    expect(line.fakeSession.calls).toEqual([]);
    io.input.end("last");
    expect(await exit).toBe(0);
    expect(line.fakeSession.messages).toEqual(["hello", "/quit", "last"]);
  });

  test("stops reading stdin when the session is over", async () => {
    const { io, line, exit } = await begin("offer");
    line.emit(LOCAL_FILE, CONNECTED);
    io.input.write("hello\n");
    await settled();
    line.emit(closed(0, "peer-bye"));
    expect(await exit).toBe(0);
    expect(io.input.destroyed).toBe(true);
  });

  test("a PATH that cannot be sent any more is told and counts", async () => {
    for (const [sessionExit, expected] of [
      [0, 8],
      [4, 8],
      [5, 5],
    ] as const) {
      const { io, line, exit } = await begin("offer gone");
      line.fakeSession.sendError = new P2pError("PATH_MISSING", { path: "gone" });
      line.fakeSession.onFinish = () => line.emit(closed(sessionExit));
      line.emit(LOCAL_FILE, CONNECTED);
      expect(await exit).toBe(expected);
      expect((await io.written()).stderr).toContain("(PATH_MISSING)");
    }
  });

  test("declines without a terminal, and says how to accept", async () => {
    const { io, line, exit } = await begin("offer --no-chat");
    expect(line.options?.settings.session.consent).toBe("decline");
    line.emit(LOCAL_FILE, CONNECTED, INCOMING);
    line.emit({ event: "declined", transfer: "t1", direction: "receive", by: "me" }, closed());
    await exit;
    const { stderr } = await io.written();
    expect(stderr).toContain("-y accepts what comes");
    expect(stderr).not.toContain("[y/n]");
  });

  test.each([
    ["y\n", "accept t1"],
    ["\nsure\nn\n", "decline t1"],
  ])("asks on a terminal: %j", async (typed, call) => {
    const { io, line, exit } = await begin("offer file -q", new FakeIo(["stdin", "stdout", "stderr"]));
    awaiting(line);
    line.emit(LOCAL_FILE, CONNECTED, INCOMING);
    let screen = "";
    io.errors.on("data", (chunk: Buffer) => {
      screen += chunk.toString();
    });
    while (!screen.includes("[y/n]")) await settled();
    expect(screen).toContain("a\\e[2J.txt");
    await settled();
    io.input.write(typed);
    await settled();
    expect(line.fakeSession.calls).toContain(call);
    line.emit(closed());
    expect(await exit).toBe(0);
  });

  test("an open question does not hold up the end", async () => {
    const { io, line, exit } = await begin("offer file", new FakeIo(["stdin", "stdout", "stderr"]));
    awaiting(line);
    line.emit(LOCAL_FILE, CONNECTED, INCOMING);
    await settled();
    line.emit(closed(3, "lost"));
    expect(await exit).toBe(3);
    expect(io.isInputUnref).toBe(true);
  });

  test("--out - writes the document to stdout and nothing else there", async () => {
    const { io, line, exit } = await begin("offer --out - --no-chat");
    line.options?.files.write?.("{}\n");
    line.emit(LOCAL_FILE, CONNECTED, { event: "message", from: "peer", text: "hi" }, closed());
    await exit;
    const { stdout, stderr } = await io.written();
    expect(stdout).toBe("{}\n");
    expect(stderr).toContain("hi\n");
  });

  test("--in - hands stdin over", async () => {
    const { io, line, exit } = await begin("answer --in -");
    io.input.end("document");
    expect(await text(line.options?.files.read as AsyncIterable<Uint8Array>)).toBe("document");
    line.fakeSession.onFinish = () => line.emit(closed());
    line.emit(LOCAL_FILE, CONNECTED);
    expect(await exit).toBe(0);
    expect(line.fakeSession.messages).toEqual([]);
  });
});

describe("json", () => {
  const eventsOf = (stdout: string): Record<string, unknown>[] =>
    stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test("only events for programs on stdout, those for a person on stderr, lines of stdin as messages", async () => {
    const { io, line, exit } = await begin("offer --json");
    line.emit({ event: "asking-servers", urls: ["stun:a"] });
    line.fakeSession.onFinish = () => line.emit({ event: "message", from: "me", text: "hello" }, closed());
    io.input.end("hello\n");
    line.emit(LOCAL_FILE, CONNECTED, INCOMING, { event: "message", from: "peer", text: "\u001b[2J" });
    expect(await exit).toBe(0);
    const { stdout, stderr } = await io.written();
    const events = eventsOf(stdout);
    expect(events.map(({ event }) => event)).toEqual([
      "local-file",
      "connected",
      "incoming",
      "message",
      "message",
      "closed",
    ]);
    expect(events[1]).toEqual({
      event: "connected",
      time: "2026-03-01T08:00:00.000Z",
      pair: PAIR,
      rttMs: 1,
      role: "offer",
    });
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toContain("stun:a");
    expect(line.fakeSession.messages).toEqual(["hello"]);
  });

  test("never prompts", async () => {
    const { line, exit } = await begin("offer --json file", new FakeIo(["stdin", "stdout", "stderr"]));
    expect(line.options).toMatchObject({
      settings: { session: { consent: "decline", mode: "once" } },
      keepWaiting: false,
    });
    line.emit(LOCAL_FILE, closed());
    expect(await exit).toBe(0);
  });

  test("the closed event tells the exit code of the process", async () => {
    const { io, line, exit } = await begin("offer --json gone");
    line.fakeSession.sendError = new P2pError("PATH_MISSING", { path: "gone" });
    line.fakeSession.onFinish = () => line.emit(closed(0));
    line.emit(LOCAL_FILE, CONNECTED);
    expect(await exit).toBe(8);
    const events = eventsOf((await io.written()).stdout);
    expect(events.at(-2)).toMatchObject({ event: "error", code: "PATH_MISSING" });
    expect(events.at(-1)).toMatchObject({ event: "closed", exit: 8 });
  });

  test("a folder that nothing can be received into is told before any file is written", async () => {
    const io = new FakeIo();
    const params = { dir: "in", problem: "read-only", reason: "EROFS" } as const;
    const ports: PairPorts = {
      openLine: async () => await Promise.reject(new Error("not asked for")),
      runConversation: async () => await Promise.reject(new Error("not asked for")),
      planPaths: async () => {},
      earlierOffer: async () => await Promise.resolve(undefined),
      meetingWith: async () => await Promise.reject(new Error("not asked for")),
      checkOutput: async (dir) => await Promise.reject(new P2pError("OUTPUT_UNUSABLE", { ...params, dir })),
      checkStream: async () => {},
      openMedia: async () => await Promise.reject(new Error("not asked for")),
    };
    expect(await run(["answer", "-y", "-o", "in", "--json"], io, ports)).toBe(8);
    const { stdout, stderr } = await io.written();
    expect(eventsOf(stdout)).toMatchObject([{ event: "error", code: "OUTPUT_UNUSABLE" }]);
    expect(stderr).toContain("p2p: error: cannot receive into in: the disk is read-only (OUTPUT_UNUSABLE)");
    expect(stderr).toContain("p2p: hint: choose another folder with --output");
    // Another folder for what comes would not help where the exchange files cannot be written either.
    const here = new FakeIo();
    expect(await run(["answer", "-y"], here, ports)).toBe(8);
    expect((await here.written()).stderr).toContain(
      "p2p: hint: run it in another folder (cd), or name others with --dir and --output",
    );
  });

  test.each([
    ["answer -y -o -", "stdout", "--output -"],
    ["offer --out -", "stdout", "--out -"],
    ["answer --in -", "stdin", "--in -"],
    ["offer -", "stdin", "PATH -"],
  ])("%s: %s must lead somewhere", async (args, stream, use) => {
    const asked: unknown[] = [];
    const checkStream = async (...what: unknown[]): Promise<void> => {
      await Promise.resolve();
      asked.push(what);
    };
    const { line } = await begin(`${args} --no-chat`, new FakeIo(), { checkStream });
    line.fail(new P2pError("INTERNAL", { detail: "enough" }));
    expect(asked).toEqual([[stream, use]]);
  });

  test("an error before the first file is an event too", async () => {
    const io = new FakeIo();
    const ports: PairPorts = {
      openLine: async () => await Promise.reject(new Error("not asked for")),
      runConversation: async () => await Promise.reject(new Error("not asked for")),
      planPaths: async () => await Promise.reject(new P2pError("PATH_MISSING", { path: "x" })),
      earlierOffer: async () => await Promise.resolve(undefined),
      meetingWith: async () => await Promise.reject(new Error("not asked for")),
      checkOutput: async () => {},
      checkStream: async () => {},
      openMedia: async () => await Promise.reject(new Error("not asked for")),
    };
    expect(await run(["offer", "x", "--json"], io, ports)).toBe(8);
    const { stdout, stderr } = await io.written();
    expect(eventsOf(stdout)).toMatchObject([{ event: "error", code: "PATH_MISSING" }]);
    expect(stderr).toContain("p2p: error: cannot send 'x': it does not exist (PATH_MISSING)");
  });
});

describe("the end", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends the line in order, exit %d", async (signal, code) => {
    const { io, line, exit } = await begin("offer --no-chat");
    line.emit(LOCAL_FILE);
    await settled();
    expect(io.signal(signal)).toBe(true);
    expect(await exit).toBe(code);
    expect(line.closes).toEqual([{ reason: "interrupted", exit: code }]);
    expect(io.exitedNow).toBeUndefined();
    // Given back: the next one is the system's.
    expect(io.signal(signal)).toBe(false);
  });

  test("on a terminal it says that it is ending, below no progress line", async () => {
    const { io, line, exit } = await begin("offer file", new FakeIo(["stdin", "stdout", "stderr"]));
    line.fakeSession.transfers = [
      { transfer: "t1", direction: "send", names: ["file"], state: "running", bytes: 1, total: 3, rate: 0 },
    ];
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    io.signal("SIGINT");
    expect(await exit).toBe(130);
    const { stderr } = await io.written();
    // Up one row and cleared before the line is printed, and painted again below it.
    expect(stderr).toMatch(/\u001b\[1A\r\u001b\[Jending; once more to end at once\n\r\u001b\[Jsending file/);
    expect(stderr).toMatch(/\u001b\[1A\r\u001b\[Jinterrupted\n\u001b\[\?2004l$/);
  });

  test("a signal ends it although nobody reads stdout", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { io, line, exit } = await begin("answer --json");
      line.emit(LOCAL_FILE, CONNECTED, { event: "message", from: "peer", text: "x".repeat(300_000) });
      await settled();
      expect(io.output.writableNeedDrain).toBe(true);
      io.signal("SIGTERM");
      await settled();
      expect(line.closes).toEqual([{ reason: "interrupted", exit: 143 }]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await exit).toBe(143);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a second signal ends at once, and closed is the last event", async () => {
    const { io, line } = await begin("offer --no-chat --json");
    line.close = async () => await new Promise(() => {});
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    io.signal("SIGINT");
    expect(io.exitedNow).toBeUndefined();
    io.signal("SIGINT");
    expect(io.exitedNow).toBe(130);
    const { stdout } = await io.written();
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      event: "closed",
      reason: "interrupted",
      exit: 130,
    });
  });

  test("a signal before there is a file", async () => {
    const { io, line, exit } = await begin("offer --no-chat");
    line.close = async () => {
      await Promise.resolve();
      line.fail(new P2pError("INTERNAL", { detail: "interrupted" }));
    };
    io.signal("SIGTERM");
    expect(await exit).toBe(143);
  });

  test.each([
    ["ENOSPC", 8],
    ["EPIPE", 0],
  ] as const)("a stdout that breaks before there is a file, by %s → %i", async (code, wanted) => {
    const { io, line, exit } = await begin("answer --json");
    line.close = async () => {
      await Promise.resolve();
      line.leave();
    };
    io.output.destroy(Object.assign(new Error(`write ${code}`), { code }));
    expect(await exit).toBe(wanted);
    io.errors.end();
    expect(await text(io.errors)).not.toContain("INTERNAL");
  });

  test("a reader of stdout that goes away ends it quietly with 0", async () => {
    const { io, line, exit } = await begin("offer --no-chat");
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    io.output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(await exit).toBe(0);
    expect(line.closes).toEqual([{ reason: "quit", exit: undefined }]);
    io.errors.end();
    expect(await text(io.errors)).not.toContain("p2p: error");
  });

  test.each([
    ["answer --no-chat -y -o -", "the program that reads stdout takes no more: receiving ends\n"],
    // Messages are for whoever wants some of them, as head -1.
    ["answer --no-chat -y", ""],
  ])("%s says of a reader that goes away: %j", async (args, said) => {
    const { io, line, exit } = await begin(args);
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    io.output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await exit;
    io.errors.end();
    expect(
      (await text(io.errors))
        .split("\n")
        .filter((told) => told.includes("stdout"))
        .join(""),
    ).toBe(said.trimEnd());
  });

  test("stdout on a full disk is an error", async () => {
    const { io, line, exit } = await begin("offer --no-chat");
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    io.output.destroy(Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" }));
    expect(await exit).toBe(8);
    io.errors.end();
    expect(await text(io.errors)).toContain("(WRITE_FAILED)");
  });

  test("an error that its event has told is not told twice", async () => {
    const { io, line, exit } = await begin("offer --no-chat");
    line.fail(new P2pError("FOLDER_IN_USE", { dir: ".", pid: 7, command: "answer" }));
    expect(await exit).toBe(8);
    const { stderr } = await io.written();
    expect(stderr.match(/FOLDER_IN_USE/g)).toHaveLength(1);
  });
});

describe("conversation", () => {
  const TERMINAL = ["stdin", "stdout", "stderr"] as const;

  test("gets the line, every event in order, and what to send; its exit is ours", async () => {
    const told: string[] = [];
    const { line, exit } = await begin("offer a -m hi --chat --name Ann", new FakeIo(TERMINAL), {
      runConversation: async (options) => {
        let result = -1;
        for await (const event of options.line.events) {
          told.push(event.event);
          if (event.event === "connected") await options.onSessionReady?.(await options.line.session);
          if (event.event === "closed") result = event.exit;
        }
        return { exit: result };
      },
    });
    expect(line.options).toMatchObject({
      settings: { session: { mode: "conversation", consent: "ask" }, name: "Ann" },
      keepWaiting: true,
    });
    line.emit({ event: "loopback-only" });
    line.fakeSession.sendError = new P2pError("PATH_MISSING", { path: "a" });
    line.emit(LOCAL_FILE, CONNECTED);
    await settled();
    line.emit(closed(0, "quit"));
    expect(await exit).toBe(8);
    expect(line.fakeSession.messages).toEqual(["hi"]);
    // A person ends it, not the end of what was asked for.
    expect(line.fakeSession.calls).toEqual(["send a"]);
    expect(told).toEqual(["loopback-only", "local-file", "connected", "error", "closed"]);
  });

  test("what it throws is told once", async () => {
    const { io, line, exit } = await begin("offer", new FakeIo(TERMINAL), {
      runConversation: async ({ line: shown }) => {
        for await (const event of shown.events) void event;
        await shown.session;
        return { exit: 0 };
      },
    });
    line.fail(new P2pError("BIND_FAILED", { address: "1.2.3.4", reason: "EADDRNOTAVAIL" }));
    expect(await exit).toBe(8);
    expect((await io.written()).stderr).toBe("");
  });
});

describe("--copy", () => {
  const copyTo = async (terminals: ("stdin" | "stdout" | "stderr")[], document: string): Promise<string> => {
    const io = new FakeIo(terminals);
    const { line, exit } = await begin("offer --copy --no-chat", io);
    line.options?.onDocument?.(document);
    line.emit({ event: "closed", reason: "done", exit: 0 });
    await exit;
    return (await io.written()).stderr;
  };

  test("writes our document to the terminal's clipboard, and says so", async () => {
    const stderr = await copyTo(["stderr"], '{"a":1}');
    expect(stderr).toContain(`\u001b]52;c;${Buffer.from('{"a":1}').toString("base64")}\u0007`);
    expect(stderr).toContain("copied to the clipboard, if this terminal takes it");
  });

  test("writes nothing where there is no terminal, or too much, and says why", async () => {
    const piped = await copyTo([], '{"a":1}');
    expect(piped).not.toContain("\u001b]52");
    expect(piped).toContain("--copy needs a terminal");
    const long = await copyTo(["stderr"], "x".repeat(80_000));
    expect(long).not.toContain("\u001b]52");
    expect(long).toContain("too long for the clipboard");
  });
});

describe("--qr", () => {
  const code = `p2p:${"5".repeat(140)}`;
  const made: P2pEvent = {
    event: "local-file",
    path: "LocaltionJson.json",
    type: "offer",
    id: "ab",
    revision: 1,
    candidates: 1,
    expiresAt: NOW.toISOString(),
    code,
  };
  const isDrawn = (line: string): boolean => /^[ █▀▄]{30,}$/.test(line);

  test("shows the code below what is waited for, and a newer code at once", async () => {
    const { io, line, exit } = await begin("offer --qr --no-chat", new FakeIo(["stderr"]));
    expect(line.options?.tellsCode).toBe(true);
    line.emit(made);
    line.emit({ event: "two-offers", weAre: "offer" });
    line.emit({ event: "waiting", for: "file" }, { event: "file-awaited" });
    line.emit({ ...made, revision: 2 });
    line.emit({ event: "file-rewritten", path: "LocaltionJson.json", revision: 2, why: "address-came" });
    line.emit({ event: "waiting", for: "file" }, { event: "file-awaited" });
    line.emit({ event: "closed", reason: "done", exit: 0 });
    await exit;
    const lines = (await io.written()).stderr.split("\n").map((text) => (isDrawn(text) ? "drawn" : text));
    const told = lines.filter((text, at) => text !== "drawn" || lines[at - 1] !== "drawn");
    const [first, last] = [told.indexOf("drawn"), told.lastIndexOf("drawn")];
    expect(told.filter((text) => text === "drawn")).toHaveLength(2);
    expect(told[first - 1]).toContain("waiting for the other side's file");
    expect(told[last - 1]).not.toContain("waiting");
    expect(told.slice(0, last)).not.toContain("carry LocaltionJson.json to the other side again");
    expect(told.filter((text) => text === code)).toHaveLength(2);
  });

  test("keeps stdout for programs with --json, and is off by default", async () => {
    const run = async (args: string): Promise<{ stdout: string; stderr: string }> => {
      const { io, line, exit } = await begin(args, new FakeIo(["stderr"]));
      line.emit(made);
      line.emit({ event: "waiting", for: "file" }, { event: "file-awaited" });
      line.emit({ event: "closed", reason: "done", exit: 0 });
      await exit;
      return await io.written();
    };
    const { stdout, stderr } = await run("offer --qr --json --no-chat");
    expect(stderr.split("\n").some(isDrawn)).toBe(true);
    expect(stdout.split("\n").map((text) => (text === "" ? "" : (JSON.parse(text) as P2pEvent).event))).toEqual([
      "local-file",
      "waiting",
      "closed",
      "",
    ]);
    expect((await run("offer --code --no-chat")).stderr.split("\n").some(isDrawn)).toBe(false);
  });
});

describe("an offer of an earlier run that still serves", () => {
  const earlierOffer = async (): Promise<number> => await Promise.resolve(Date.UTC(2026, 2, 1, 7, 57));

  test.each([
    ["y", true],
    ["是", true],
    ["n", false],
    ["maybe\nNO", false],
  ])("is asked about on a terminal: %j", async (typed, resume) => {
    const io = new FakeIo(["stdin", "stderr"]);
    const running = begin("offer a --lang en", io, { earlierOffer });
    let told = 0;
    for (const line of typed.split("\n")) {
      const before = told;
      await vi.waitUntil(() => io.errors.readableLength > before, { timeout: 15_000 });
      told = io.errors.readableLength;
      await settled();
      io.input.write(`${line}\n`);
    }
    const { line, exit } = await running;
    expect(line.options?.settings.resume).toBe(resume);
    line.emit(closed());
    expect(await exit).toBe(0);
    const { stderr } = await io.written();
    expect(stderr).toMatch(/the offer that you made 3 min ago \(.*\) still serves: go on with it\? \[y\/n\]/);
    expect(stderr.match(/answer y or n/g)?.length ?? 0).toBe(typed.includes("\n") ? 1 : 0);
  });

  test("the end of input goes on with it: that loses nothing", async () => {
    const io = new FakeIo(["stdin", "stderr"]);
    const running = begin("offer a --lang en", io, { earlierOffer });
    await vi.waitUntil(() => io.errors.readableLength > 0, { timeout: 15_000 });
    await settled();
    io.input.end();
    const { line, exit } = await running;
    expect(line.options?.settings.resume).toBe(true);
    line.emit(closed());
    await exit;
  });

  test.each([
    ["offer a --resume", ["stdin", "stderr"]],
    ["offer a -y", ["stdin", "stderr"]],
    ["offer a --json", ["stdin", "stderr"]],
    ["answer a", ["stdin", "stderr"]],
    ["offer a", ["stderr"]],
  ] as const)("is not asked about by '%s' on %j", async (args, terminals) => {
    const io = new FakeIo(terminals);
    const { line, exit } = await begin(args, io, { earlierOffer });
    expect(line.options?.settings.resume).toBe(args.includes("--resume"));
    line.emit(closed());
    await exit;
  });
});
