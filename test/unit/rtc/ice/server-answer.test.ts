// Answers of servers that cannot be true are told apart from other errors, with what they stated.
import { expect, test } from "vitest";
import { endpointOf, flawOf, ServerAnswerWrong, wrongAnswer } from "../../../../src/rtc/ice/server-answer.ts";

test("an address and a port are an endpoint, and nothing else is", () => {
  expect(endpointOf(["192.0.2.1", 5_000])).toEqual({ address: "192.0.2.1", port: 5_000 });
  for (const odd of [undefined, [], ["192.0.2.1"], [5_000, "192.0.2.1"], "192.0.2.1:5000", null]) {
    expect(() => endpointOf(odd)).toThrow(ServerAnswerWrong);
  }
});

test("what it stated is in the error for people", () => {
  const flaw = new ServerAnswerWrong("no-address", { address: "2001:db8::1", port: 9 });
  expect(flawOf(flaw)).toBe(flaw);
  expect(flawOf(new Error("another"))).toBeUndefined();
  expect(wrongAnswer("stun:a", flaw)).toMatchObject({
    code: "SERVER_ANSWER_WRONG",
    params: { url: "stun:a", flaw: "no-address", stated: "[2001:db8::1]:9" },
  });
});
