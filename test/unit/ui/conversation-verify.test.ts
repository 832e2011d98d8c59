// The comparison of a verification string in a conversation: what is shown, and what counts as the answer.
import { describe, expect, it } from "vitest";
import { wordsOf } from "../../../src/control/verify-string.ts";
import type { P2pEvent } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { connected, ENTER, offer, says } from "../../support/conversation-talk.ts";

const DIGITS = "0004298764";
const WORDS = wordsOf(Number(DIGITS));
const verify = (state: "shown" | "agreed" | "refused"): P2pEvent => ({
  event: "verify",
  words: WORDS,
  digits: DIGITS,
  state,
});
const QUESTION = "Does the other side read the same? [y/n]";

describe("the question", () => {
  it("shows words and digits, and takes y", async () => {
    const { line, session, seen, type } = await connected({ quiet: false });
    line.emit(verify("shown"));
    expect((await seen(2)).slice(0, 3)).toEqual([
      `compare with the other side: 00042 98764 (${WORDS})`,
      "read it to each other over the phone or face to face, not over this line",
      QUESTION,
    ]);
    await type(`y${ENTER}`);
    expect(session.calls).toEqual(["confirm true"]);
    line.emit(verify("agreed"));
    expect((await seen()).slice(-3)).toEqual([
      "waiting for the other side's answer",
      `both sides read the same: 00042 98764 (${WORDS})`,
      ">",
    ]);
    await type(`y${ENTER}`);
    expect(session.calls).toEqual(["confirm true", "message y"]);
  });

  it("stands on the screen again after Ctrl-L, as that about files does", async () => {
    const { line, session, seen, type } = await connected();
    session.offer(offer("r1", "a"));
    line.emit(verify("shown"));
    const before = await seen();
    await type("\f");
    const after = await seen();
    expect(after).toContain(QUESTION);
    expect(after.join(" ")).toContain("Ann wants to send 1 file, 100 B:");
    expect(after.toSorted()).toEqual(before.toSorted());
    await type(`y${ENTER}`);
    expect(session.calls).toEqual(["confirm true"]);
  });

  it.each(["n", "No", "不", "/decline"])("takes %j for a no", async (answer) => {
    const { line, session, type, seen } = await connected();
    line.emit(verify("shown"));
    await seen();
    await type(`${answer}${ENTER}`);
    expect(session.calls).toEqual(["confirm false"]);
  });

  it("takes nothing else, and sends nothing instead", async () => {
    const { line, session, seen, type } = await connected();
    line.emit(verify("shown"));
    await seen();
    await type(`hello${ENTER}`);
    expect((await seen()).at(-2)).toBe("answer y or n first; not sent");
    await type(ENTER);
    await type(`\u001b[200~y\n\u001b[201~`);
    expect(session.calls).toEqual([]);
    await type(`/status${ENTER}YES${ENTER}`);
    expect(session.calls).toEqual(["confirm true"]);
  });

  it("is not answered by what was being typed when it came", async () => {
    const { line, session, seen, type } = await connected();
    await type("y");
    line.emit(verify("shown"));
    await seen();
    await type(ENTER);
    expect(session.calls).toEqual([]);
    expect((await seen()).join(" ")).toContain("the question came while you typed");
    await type(`y${ENTER}`);
    expect(session.calls).toEqual(["confirm true"]);
  });

  it("is over when the other side has refused", async () => {
    const { line, session, seen, type } = await connected();
    line.emit(verify("shown"));
    line.emit(verify("refused"));
    await seen();
    await type(`y${ENTER}`);
    expect(session.calls).toEqual(["message y"]);
  });

  it("is not asked where the answer was given beforehand", async () => {
    const { line, session, seen, type } = await connected({ asksVerification: false, quiet: false });
    line.emit(verify("shown"));
    line.emit(says("hi"));
    expect((await seen()).join("\n")).not.toContain(QUESTION);
    await type(`y${ENTER}`);
    expect(session.calls).toEqual(["message y"]);
  });

  it("shows both fingerprints of another WebRTC program", async () => {
    const [mine, peer] = ["0F", "A0"].map((byte) => Array.from({ length: 32 }, () => byte).join(":"));
    const { line, seen } = await connected({}, 120);
    line.emit({
      event: "verify",
      words: "",
      digits: "",
      state: "shown",
      fingerprints: { mine: mine ?? "", peer: peer ?? "" },
    });
    expect((await seen()).slice(0, 4)).toEqual([
      "compare the SHA-256 fingerprints with what the other side shows",
      `mine:   ${mine}`,
      `theirs: ${peer}`,
      QUESTION,
    ]);
  });

  it("has the same digits and words on a Chinese screen", async () => {
    const { line, seen } = await connected({ words: wordsFor("zh").conversation, lang: "zh" });
    line.emit(verify("shown"));
    const lines = await seen();
    expect(lines[0]).toBe(`请与对方核对：00042 98764（${WORDS}）`);
    expect(lines[2]).toBe("双方看到的内容一致吗？[y/n]");
  });
});

describe("/verify", () => {
  it("begins it", async () => {
    const { session, seen, type } = await connected({ quiet: false });
    await type(`/verify${ENTER}`);
    expect(session.calls).toEqual(["verify"]);
    expect((await seen()).at(-2)).toBe("comparing with the other side");
  });

  it("says where it cannot be", async () => {
    const { session, seen, type } = await connected();
    session.canVerify = false;
    await type(`/verify now${ENTER}/verify${ENTER}`);
    expect(session.calls).toEqual(["verify"]);
    expect((await seen()).slice(0, 2)).toEqual([
      "/verify takes nothing behind it",
      "the other side cannot compare: nobody can be asked there, or its p2p is too old",
    ]);
  });
});

describe("/keep", () => {
  it("hands the name on, else what the other side calls itself, and says where it cannot be", async () => {
    const { session, seen, type } = await connected();
    await type(`/keep 王 芳${ENTER}/keep${ENTER}`);
    session.canKeep = false;
    await type(`/keep Bob${ENTER}`);
    expect(session.calls).toEqual(["keep 王 芳", "keep Ann", "keep Bob"]);
    expect((await seen())[0]).toBe("only after both sides have compared a string: /verify");
  });
});
