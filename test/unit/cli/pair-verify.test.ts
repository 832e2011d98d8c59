// What the command line does when a verification string is shown: it asks, reads, refuses, or leaves it to the session.
import { describe, expect, test } from "vitest";
import type { P2pEvent } from "../../../src/index.ts";
import { closed, CONNECTED, FakeIo, LOCAL_FILE } from "./fakes.ts";
import { begin, settled } from "./pair-run.ts";

describe("a verification string", () => {
  const SHOWN: P2pEvent = { event: "verify", words: "able able able", digits: "0008392706", state: "shown" };

  test("is asked about on a terminal; an answer counts only after the question", async () => {
    const { io, line, exit } = await begin("offer a --verify", new FakeIo(["stdin", "stdout", "stderr"]));
    expect(line.options?.settings.session).toMatchObject({ verify: true });
    io.input.write("y\n");
    line.emit(LOCAL_FILE, CONNECTED, SHOWN);
    await settled();
    expect(line.fakeSession.calls).not.toContain("confirm true");
    io.input.write(" Y\n");
    await settled();
    expect(line.fakeSession.calls).toContain("confirm true");
    line.emit({ ...SHOWN, state: "agreed" }, closed());
    expect(await exit).toBe(0);
    const { stderr } = await io.written();
    expect(stderr).toContain("compare with the other side: 00083 92706 (able able able)\n");
    expect(stderr).toContain("Does the other side read the same? [y/n]\n");
    expect(stderr).toContain("both sides read the same: 00083 92706 (able able able)\n");
  });

  test.each(["n", "\nwhat\n否"])("and %j is a no", async (answer) => {
    const { io, line, exit } = await begin("offer a --verify -q", new FakeIo(["stdin", "stdout", "stderr"]));
    line.emit(LOCAL_FILE, CONNECTED, SHOWN);
    await settled();
    io.input.write(`${answer}\n`);
    await settled();
    expect(line.fakeSession.calls).toContain("confirm false");
    line.emit(closed(3, "rejected"));
    expect(await exit).toBe(3);
    expect((await io.written()).stderr).toContain("[y/n]");
  });

  test.each(["offer --no-chat", "offer --no-chat --json"])("is refused where nobody can be asked: %s", async (args) => {
    const { io, line, exit } = await begin(args);
    line.emit(LOCAL_FILE, CONNECTED, SHOWN);
    await settled();
    expect(line.fakeSession.calls).toContain("confirm false");
    line.emit(closed(3, "rejected"));
    expect(await exit).toBe(3);
    expect((await io.written()).stderr).toContain("not confirmed, since there is nobody to ask; --verify-expect");
  });

  test.each<[string, P2pEvent]>([
    ["refuses", { ...SHOWN, state: "refused" }],
    ["leaves", { event: "error", code: "VERIFY_FAILED", message: "m", hint: "h" }],
  ])("is not asked about once the other side %s", async (_, over) => {
    const { io, line, exit } = await begin("offer --no-chat --verify", new FakeIo(["stdin", "stdout", "stderr"]));
    line.emit(LOCAL_FILE, CONNECTED, SHOWN, over);
    await settled();
    line.emit(closed(3, "rejected"));
    expect(await exit).toBe(3);
    expect((await io.written()).stderr).not.toContain("[y/n]");
  });

  test("with --json a terminal is not asked either", async () => {
    const { line, exit } = await begin("offer --json --verify", new FakeIo(["stdin", "stdout", "stderr"]));
    line.emit(LOCAL_FILE, CONNECTED, SHOWN);
    await settled();
    expect(line.fakeSession.calls).toContain("confirm false");
    line.emit(closed(3, "rejected"));
    expect(await exit).toBe(3);
  });

  test("is compared with the first line of stdin, which is no message", async () => {
    const { io, line, exit } = await begin("offer --json --verify-expect -");
    line.emit(LOCAL_FILE, CONNECTED, SHOWN);
    await settled();
    expect(line.fakeSession.calls).toEqual(["finish"]);
    io.input.write("able able able\nmore\n");
    await settled();
    expect(line.fakeSession.calls).toEqual(["finish", "confirm able able able"]);
    expect(line.fakeSession.messages).toEqual([]);
    line.emit(closed());
    expect(await exit).toBe(0);
  });

  test("an end of stdin without a line is no match", async () => {
    const { io, line, exit } = await begin("offer --verify-expect -");
    line.emit(LOCAL_FILE, CONNECTED, SHOWN);
    io.input.end();
    await settled();
    expect(line.fakeSession.calls).toContain("confirm ");
    line.emit(closed(3, "rejected"));
    expect(await exit).toBe(3);
  });

  test("what was given beforehand is left to the session", async () => {
    const { line, exit } = await begin("offer --no-chat --verify-expect 0008392706");
    expect(line.options?.settings.session).toMatchObject({ verify: true, verifyExpect: "0008392706" });
    line.emit(LOCAL_FILE, CONNECTED, SHOWN);
    await settled();
    expect(line.fakeSession.calls).toEqual(["finish"]);
    line.emit(closed());
    expect(await exit).toBe(0);
  });
});
