// A person answers what stood on the screen when the line was begun: the peer takes offers back and makes others while the
// answer is typed, and comparisons come up in between.
import { describe, expect, it } from "vitest";
import { wordsFor } from "../../../src/words/index.ts";
import { connected, CTRL_C, ENTER, offer } from "../../support/conversation-talk.ts";
import { settled } from "../../support/fake-terminal.ts";
import { withResolvers } from "../../support/with-resolvers.ts";

const AGAIN = "again if you mean what is there now";

describe.each(["accept", "decline"] as const)("/%s", (command) => {
  it("does not take what came in the place of the offer that was read", async () => {
    const { session, seen, type } = await connected();
    session.offer(offer("r1", "photo.jpg"));
    await settled();
    await type(`/${command.slice(0, -1)}`);
    session.settle("r1", "declined");
    session.offer(offer("r2", ".bashrc"));
    await settled();
    await type(`${command.slice(-1)}${ENTER}`);
    expect(session.calls).toEqual([]);
    const screen = (await seen()).join(" ");
    expect(screen).toContain("photo.jpg is gone; .bashrc came");
    expect(screen).toContain(`type /${command} ${AGAIN}`);
    await type(`/${command}${ENTER}`);
    expect(session.calls).toEqual([`${command} r2`]);
  });

  it("asks again when the only offer came after the line was begun", async () => {
    const { session, seen, type } = await connected();
    await type(`/${command}`);
    session.offer(offer("r1", "a"));
    await settled();
    await type(ENTER);
    expect(session.calls).toEqual([]);
    expect((await seen()).join(" ")).toContain("a came");
  });

  it("asks again when one of two is gone", async () => {
    const { session, seen, type } = await connected();
    session.offer(offer("r1", "a"));
    session.offer(offer("r2", "b"));
    await settled();
    await type(`/${command}`);
    session.settle("r1", "declined");
    await settled();
    await type(ENTER);
    expect(session.calls).toEqual([]);
    expect((await seen()).join(" ")).toContain("a is gone");
  });

  it("takes the one that is named, whatever else comes and goes", async () => {
    const { session, type } = await connected();
    session.offer(offer("r1", "a"));
    session.offer(offer("r2", "b"));
    await settled();
    await type(`/${command} #2`);
    session.settle("r1", "declined");
    session.offer(offer("r3", "c"));
    await settled();
    await type(ENTER);
    expect(session.calls).toEqual([`${command} r2`]);
  });

  it("does not take a number that did not stand there yet", async () => {
    const { session, seen, type } = await connected();
    session.offer(offer("r1", "a"));
    await settled();
    await type(`/${command} #2`);
    session.offer(offer("r2", ".bashrc"));
    await settled();
    await type(ENTER);
    expect(session.calls).toEqual([]);
    expect((await seen()).join(" ")).toContain(".bashrc came");
  });

  it("takes nothing whose question is not on the screen yet", async () => {
    const { promise, resolve } = withResolvers<undefined>();
    const { session, seen, type } = await connected({ freeBytes: () => promise });
    session.offer(offer("r1", "a"));
    await settled();
    await type(`/${command}${ENTER}`);
    expect(session.calls).toEqual([]);
    expect(await seen()).toContain("the other side wants to send nothing now");
    resolve(undefined);
    await settled();
    await type(`/${command}${ENTER}`);
    expect(session.calls).toEqual([`${command} r1`]);
  });

  it("counts from where the line was begun anew", async () => {
    const { session, type } = await connected();
    await type(`/${command}`);
    session.offer(offer("r1", "a"));
    await settled();
    await type(`${CTRL_C}/${command}${ENTER}`);
    expect(session.calls).toEqual([`${command} r1`]);
  });
});

describe("/cancel", () => {
  it("does not stop another transfer than the one that ran", async () => {
    const { session, seen, type } = await connected();
    await type(`/send a${ENTER}/send b${ENTER}`);
    await type("/cancel");
    session.settle("s1", "done");
    await settled();
    await type(ENTER);
    expect(session.calls).toEqual(["send a", "send b"]);
    expect((await seen()).join(" ")).toContain(`a is gone type /cancel ${AGAIN}`);
    await type(`/cancel${ENTER}`);
    expect(session.calls.at(-1)).toBe("cancel s2");
  });
});

it("names what changed in Chinese", async () => {
  const { session, seen, type } = await connected({
    words: wordsFor("zh").conversation,
  });
  session.offer(offer("r1", "照片"));
  await settled();
  await type("/accept");
  session.settle("r1", "declined");
  session.offer(offer("r2", ".bashrc"));
  await settled();
  await type(ENTER);
  expect((await seen()).join("")).toContain("照片 已不在；.bashrc 是新来的");
  expect(session.calls).toEqual([]);
});

describe("a yes or no after the offer was withdrawn", () => {
  const withdrawn = async (type: (keys: string) => Promise<void>, between = ""): Promise<void> => {
    if (between !== "") await type(`${between}${ENTER}`);
    await type(`y${ENTER}`);
  };

  it("is not sent as a message", async () => {
    const { line, session, seen, type } = await connected();
    session.offer(offer("r1", "photo.jpg"));
    await settled();
    session.settle("r1", "declined");
    line.emit({ event: "declined", transfer: "r1", direction: "receive", by: "peer" });
    await settled();
    await withdrawn(type);
    expect(session.calls).toEqual([]);
    expect(await seen()).toContain("not done: the other side no longer wants to send photo.jpg");
    await type(`y${ENTER}`);
    expect(session.calls).toEqual(["message y"]);
  });

  it("is a message where something else was typed or read in between", async () => {
    const { line, session, type } = await connected();
    for (const [id, between] of [
      ["r1", "hello"],
      ["r2", ""],
    ] as const) {
      session.offer(offer(id, "photo.jpg"));
      await settled();
      session.settle(id, "declined");
      line.emit({ event: "declined", transfer: id, direction: "receive", by: "peer" });
      if (between === "") line.emit({ event: "message", from: "peer", text: "shall I?" });
      await settled();
      await withdrawn(type, between);
    }
    expect(session.calls).toEqual(["message hello", "message y", "message y"]);
  });
});
