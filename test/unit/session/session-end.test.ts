// What an end is called.
import { describe, expect, test } from "vitest";
import { endedBy, failureOfEnd, lossBy, unsentError } from "../../../src/session/session-end.ts";
import { errorText } from "../../../src/words/errors.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";

describe("an end in no order", () => {
  test("is told as it is, with what was not delivered", () => {
    expect(failureOfEnd("lost", lossBy("channel-closed"), 2)?.message).toBe(
      "the connection was lost: the other side closed a channel that is needed; not delivered: 2 messages",
    );
    expect(failureOfEnd("lost", new P2pError("CONNECTION_LOST", { seconds: 11 }), 1)?.message).toBe(
      "the connection was lost: nothing heard for 11 s; not delivered: 1 message",
    );
    const other = new P2pError("PEER_PROTOCOL", { detail: "x" });
    expect(failureOfEnd("lost", other, 3)).toBe(other);
  });

  test("is never a silence of 0 s", () => {
    for (const seconds of [0, 0.4]) {
      const error = new P2pError("CONNECTION_LOST", { seconds });
      expect(error.message).toBe("the connection was lost: the other side closed it without a goodbye");
      expect(errorText(error, "zh").message).toBe("连接已断开：对方没有结束会话就关闭了连接");
    }
  });
});

describe("an end in order", () => {
  test("with everything delivered is nothing to tell", () => {
    expect(failureOfEnd("peer-bye", undefined, 0)).toBeUndefined();
  });

  test.each(["peer-bye", "done", "quit", "interrupted", "error"] as const)(
    "%s with messages left tells them, exit 3",
    (reason) => {
      const failure = failureOfEnd(reason, undefined, 2);
      expect(failure?.message).toContain("not delivered: 2 messages");
      expect(failure?.exit).toBe(3);
    },
  );

  test("with nothing left, while more was to follow, is not one with everything delivered", () => {
    const failure = failureOfEnd("peer-bye", undefined, 0, { hasFurther: true });
    expect(failure?.message).toBe("the other side ended the session before the end of this side's input");
    expect(failure?.exit).toBe(3);
    expect(failureOfEnd("interrupted", undefined, 0, { hasFurther: true })).toBeUndefined();
  });

  test.each([
    ["peer-bye", "peer", "the other side left before it was accepted"],
    ["quit", "me", "this side ended before it was accepted"],
    ["done", "me", "this side ended before it was accepted"],
    ["interrupted", "me", "this side ended before it was accepted"],
  ] as const)("%s with files left names them, exit 4", (reason, by, why) => {
    expect(endedBy(reason)).toBe(by);
    expect(unsentError("photo.jpg", by)).toMatchObject({ message: `'photo.jpg' was not sent: ${why}`, exit: 4 });
  });

  test.each(["lost", "rejected", "error"] as const)("%s is nobody's decision to leave", (reason) => {
    expect(endedBy(reason)).toBeUndefined();
  });

  test("because the other side is somebody else asks for none of them", () => {
    expect(failureOfEnd("rejected", undefined, 2)).toBeUndefined();
  });
});
