// Every order of done, bye, bye-ack, loss, verification and foreign peers, in virtual time.
import { describe, expect, test } from "vitest";
import type { SessionMode } from "../../../src/control/messages.ts";
import {
  BYE_TIMEOUT_MS,
  FLUSH_AFTER_BYE_TIMEOUT_MS,
  FLUSH_TIMEOUT_MS,
  FOREIGN_QUIET_MS,
  INITIAL_ACTIVITY,
  type SessionActivity,
  type SessionEffect,
  type SessionInput,
  SessionMachine,
} from "../../../src/control/session-machine.ts";

const idle: SessionActivity = { ...INITIAL_ACTIVITY, hasMore: false };

/** A machine in virtual time, and all that it has asked for. */
class Side {
  readonly machine: SessionMachine;
  readonly effects: SessionEffect[] = [];
  #nowMs = 0;

  constructor(mode: SessionMode, isForeign = false) {
    this.machine = new SessionMachine({ mode, isForeign });
  }

  handle(...inputs: SessionInput[]): this {
    for (const input of inputs) this.machine.handle(input, this.#nowMs);
    return this.#drain();
  }

  active(changes: Partial<SessionActivity> = {}): this {
    return this.handle({ input: "activity", activity: { ...idle, ...changes } });
  }

  /** Lets so much time pass, deadline by deadline. */
  pass(ms: number): this {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const nextMs = this.machine.nextDeadlineMs();
      if (nextMs > untilMs) break;
      this.#nowMs = nextMs;
      this.machine.advance(nextMs);
      this.#drain();
    }
    this.#nowMs = untilMs;
    this.machine.advance(untilMs);
    return this.#drain();
  }

  closeTransfers(exit = 0): this {
    return this.handle({ input: "transfers-closed", exit });
  }

  /** The names of what was asked for since the last call; of failed texts only where a loss is told with them. */
  said(): string[] {
    return this.effects.splice(0).flatMap((effect) => {
      if (effect.effect === "fail-texts") return effect.loss === "none" ? [] : [`loss ${effect.loss}`];
      return [effect.effect === "closed" ? `closed ${effect.reason} ${effect.exit}` : effect.effect];
    });
  }

  #drain(): this {
    for (let effect = this.machine.pollEffect(); effect !== undefined; effect = this.machine.pollEffect()) {
      this.effects.push(effect);
    }
    return this;
  }
}

const hello = (mode: SessionMode): SessionInput => ({ input: "peer-hello", mode });
const quit: SessionInput = { input: "end", reason: "quit", exit: 0, isPatient: true };

describe("a side in mode once", () => {
  test("says done once, and ends when the peer is done too", () => {
    const side = new Side("once").handle(hello("once")).active();
    expect(side.active().said()).toEqual(["say-done"]);
    expect(side.handle({ input: "peer-done" }).said()).toEqual(["close-transfers"]);
    expect(side.closeTransfers().said()).toEqual(["say-bye"]);
    expect(side.handle({ input: "peer-bye-ack" }).said()).toEqual(["closed done 0"]);
  });

  test("says nothing before the peer has said hello", () => {
    expect(new Side("once").active().said()).toEqual([]);
    expect(new Side("once").active().handle(hello("once")).said()).toEqual(["say-done"]);
  });

  test.each<[string, Partial<SessionActivity>]>([
    ["more may come", { hasMore: true }],
    ["a text is not acknowledged", { unacknowledgedTexts: 1 }],
    ["files are being looked up", { plannedTransfers: 1 }],
    ["a transfer of ours waits", { outgoing: 1 }],
    ["a track of ours is not over", { outgoingMedia: 1 }],
    ["a track of the peer is still to come", { awaitsMedia: true }],
    ["the comparison is pending", { isVerificationPending: true }],
  ])("is not done while %s", (_name, activity) => {
    expect(new Side("once").handle(hello("once")).active(activity).said()).toEqual([]);
  });

  test("towards a conversation ends by itself when nothing runs", () => {
    const side = new Side("once").handle(hello("conversation")).active({ incoming: 1 });
    expect(side.said()).toEqual(["say-done"]);
    expect(side.active().said()).toEqual(["close-transfers"]);
  });
});

describe("ending", () => {
  test("waits for acknowledgements, then for bye-ack, each to its limit", () => {
    const side = new Side("conversation")
      .handle(hello("conversation"))
      .active({ hasMore: true, unacknowledgedTexts: 2 });
    expect(side.handle(quit).said()).toEqual([]);
    expect(side.pass(FLUSH_TIMEOUT_MS - 1).said()).toEqual([]);
    expect(side.pass(1).said()).toEqual(["close-transfers"]);
    expect(side.pass(60_000).said()).toEqual([]);
    expect(side.closeTransfers().said()).toEqual(["say-bye"]);
    expect(side.pass(BYE_TIMEOUT_MS - 1).said()).toEqual([]);
    expect(side.pass(1).said()).toEqual(["closed quit 0"]);
    expect(side.machine.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test("goes on as soon as all is acknowledged", () => {
    const side = new Side("conversation").handle(hello("conversation")).active({ unacknowledgedTexts: 1 }).handle(quit);
    expect(side.active().said()).toEqual(["close-transfers"]);
  });

  test("an interrupted side waits for no acknowledgement", () => {
    const side = new Side("once").handle(hello("once")).active({ unacknowledgedTexts: 1 });
    expect(side.handle({ input: "end", reason: "interrupted", exit: 130, isPatient: false }).effects).toEqual([
      { effect: "close-transfers", why: "interrupted" },
    ]);
    side.said();
    expect(side.closeTransfers(4).said()).toEqual(["say-bye"]);
    expect(side.pass(BYE_TIMEOUT_MS).said()).toEqual(["closed interrupted 130"]);
  });

  test("texts that are held back are not waited for", () => {
    const side = new Side("conversation").handle(hello("once")).active({ unacknowledgedTexts: 1, isHolding: true });
    expect(side.handle(quit).said()).toEqual(["close-transfers"]);
  });

  test("a second end changes nothing", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).handle(quit);
    side.handle({ input: "end", reason: "error", exit: 8, isPatient: false }).active();
    expect(side.closeTransfers().handle({ input: "peer-bye-ack" }).said()).toEqual([
      "close-transfers",
      "say-bye",
      "closed quit 0",
    ]);
  });

  test("for a fault of the peer waits for no acknowledgement", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 });
    side.handle({ input: "end", reason: "error", exit: 4, isPatient: false });
    expect(side.said()).toEqual(["close-transfers"]);
    expect(side.closeTransfers().handle({ input: "peer-bye-ack" }).said()).toEqual(["say-bye", "closed error 4"]);
  });

  test("what obeying an effect reports counts for those after it", () => {
    const machine = new SessionMachine({ mode: "conversation", isForeign: true });
    machine.handle(quit, 0);
    machine.handle({ input: "activity", activity: idle }, 0);
    machine.handle({ input: "transfers-closed", exit: 0 }, 0);
    expect([machine.pollEffect(), machine.pollEffect()].map((effect) => effect?.effect)).toEqual([
      "close-transfers",
      "fail-texts",
    ]);
    machine.handle({ input: "reported", exit: 3 }, 0);
    expect(machine.pollEffect()).toEqual({ effect: "closed", reason: "quit", exit: 3 });
  });

  test("an effect that could not be obeyed closes it at once", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).handle(quit);
    side.handle({ input: "reported", exit: 1 }, { input: "failed" }, { input: "failed" });
    expect(side.said()).toEqual(["closed error 1"]);
    expect(side.machine.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test("a refused comparison decides the exit code", () => {
    const side = new Side("once").handle(hello("once"), { input: "reported", exit: 5 });
    side.handle({ input: "end", reason: "rejected", exit: 3, isPatient: false });
    expect(side.closeTransfers().pass(BYE_TIMEOUT_MS).said().at(-1)).toBe("closed rejected 3");
  });

  test("the worst of all codes counts", () => {
    const side = new Side("conversation").handle({ input: "reported", exit: 7 }, quit).active();
    expect(side.closeTransfers(4).handle({ input: "peer-bye-ack" }).said().at(-1)).toBe("closed quit 4");
  });
});

describe("the peer's bye", () => {
  test("is answered when our texts are acknowledged, and the peer closes", () => {
    const side = new Side("conversation").handle(hello("once")).active({ hasMore: true, unacknowledgedTexts: 1 });
    expect(side.handle({ input: "peer-bye" }).said()).toEqual([]);
    expect(side.active().said()).toEqual(["close-transfers"]);
    expect(side.closeTransfers().said()).toEqual(["say-bye-ack"]);
    expect(side.handle({ input: "disconnected", how: "closed" }).said()).toEqual(["closed peer-bye 0"]);
  });

  test("is answered at the latest after its limit, and then closed from here", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).handle({ input: "peer-bye" });
    expect(side.pass(FLUSH_AFTER_BYE_TIMEOUT_MS).said()).toEqual(["close-transfers"]);
    expect(side.closeTransfers().said()).toEqual(["say-bye-ack"]);
    expect(side.pass(BYE_TIMEOUT_MS).said()).toEqual(["closed peer-bye 0"]);
  });

  test("that is still to come has ended a side whose transfer the peer broke off for it", () => {
    const side = new Side("once").handle(hello("once"), { input: "peer-done" }).active({ outgoing: 1 });
    side.active({ isPeerLeaving: true });
    expect(side.closeTransfers(4).handle({ input: "peer-bye" }).said().at(-1)).toBe("closed peer-bye 4");
  });

  test("ends a side that is done, where the peer is not", () => {
    const side = new Side("once").handle(hello("once")).active().handle({ input: "peer-bye" });
    expect(side.closeTransfers().handle({ input: "disconnected", how: "closed" }).said()).toEqual([
      "say-done",
      "close-transfers",
      "say-bye-ack",
      "closed peer-bye 0",
    ]);
  });

  test.each<[string, SessionMode, Partial<SessionActivity>]>([
    ["is in a conversation", "conversation", {}],
    ["has more to send", "once", { hasMore: true }],
    ["receives a file", "once", { incoming: 1 }],
    ["sends a file", "once", { outgoing: 1 }],
  ])("ends a side that %s by the peer's wish", (_name, mode, activity) => {
    const side = new Side(mode).handle(hello("once")).active(activity).handle({ input: "peer-bye" });
    expect(side.closeTransfers().pass(BYE_TIMEOUT_MS).said().at(-1)).toBe("closed peer-bye 0");
  });

  test("before the comparison was answered is told, and says nothing of who the peer is", () => {
    const side = new Side("once").active({
      isVerificationPending: true,
      isVerificationUnanswered: true,
      isHolding: true,
    });
    expect(side.handle({ input: "peer-bye" }).said()).toEqual(["report-unanswered", "close-transfers"]);
    side.handle({ input: "reported", exit: 3 });
    expect(side.closeTransfers().pass(BYE_TIMEOUT_MS).said()).toEqual(["say-bye-ack", "closed peer-bye 3"]);
  });

  test("that crosses ours answers it, and is answered once", () => {
    const side = new Side("conversation").active({ hasMore: true }).handle(quit).closeTransfers();
    expect(side.said()).toEqual(["close-transfers", "say-bye"]);
    expect(side.handle({ input: "peer-bye" }).said()).toEqual(["say-bye-ack", "closed quit 0"]);
    expect(side.handle({ input: "peer-bye" }, { input: "peer-bye-ack" }).said()).toEqual([]);
  });

  test("that comes while our texts are still on their way answers our bye beforehand", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).handle(quit, { input: "peer-bye" });
    expect(side.said()).toEqual(["say-bye-ack"]);
    expect(side.active().closeTransfers().said()).toEqual(["close-transfers", "say-bye", "closed quit 0"]);
  });

  test("that comes twice while our texts are on their way is answered once", () => {
    const bye: SessionInput = { input: "peer-bye" };
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).handle(quit, bye, bye);
    expect(side.said()).toEqual(["say-bye-ack"]);
  });

  test("that comes twice is answered once, when our texts are acknowledged", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 });
    expect(side.handle({ input: "peer-bye" }, { input: "peer-bye" }).said()).toEqual([]);
    expect(side.active().closeTransfers().said()).toEqual(["close-transfers", "say-bye-ack"]);
    expect(side.handle({ input: "peer-bye" }).said()).toEqual([]);
  });

  test("is answered when its answer to ours came before ours was said", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).handle({ input: "peer-bye-ack" }, quit);
    expect(side.handle({ input: "peer-bye" }).said()).toEqual(["say-bye-ack"]);
  });
});

describe("a connection that goes away", () => {
  test("is lost, and reported", () => {
    const side = new Side("once").handle(hello("once")).active({ unacknowledgedTexts: 1 });
    expect(side.handle({ input: "disconnected", how: "lost" }).effects).toEqual([
      { effect: "close-transfers", why: "lost" },
    ]);
    side.said();
    expect(side.closeTransfers().said()).toEqual(["loss untold", "closed lost 0"]);
  });

  test.each(["lost", "closed"] as const)("with a transfer running (%s) is reported by the transfer", (how) => {
    const side = new Side("once").active({ running: 1, incoming: 1 }).handle({ input: "disconnected", how });
    expect(side.closeTransfers(4).said()).toEqual(["close-transfers", "loss told", "closed lost 4"]);
  });

  test.each(["failed", "broken"] as const)("for a reason of its own (%s) is told whatever runs", (how) => {
    const side = new Side("once").active({ running: 1, incoming: 1 }).handle({ input: "disconnected", how });
    const reason = how === "broken" ? "error" : "lost";
    expect(side.closeTransfers(4).said()).toEqual(["close-transfers", "loss untold", `closed ${reason} 4`]);
  });

  test("while we end is the end", () => {
    const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).handle(quit);
    expect(side.handle({ input: "disconnected", how: "closed" }).said()).toEqual(["close-transfers"]);
    expect(side.closeTransfers().said()).toEqual(["say-bye", "closed quit 0"]);
  });
});

describe("a foreign peer", () => {
  test("is quiet for a while, and all acknowledged: done", () => {
    const side = new Side("once", true).active();
    expect(side.pass(FOREIGN_QUIET_MS - 1).said()).toEqual([]);
    expect(
      side
        .handle({ input: "heard" })
        .pass(FOREIGN_QUIET_MS - 1)
        .said(),
    ).toEqual([]);
    expect(side.pass(1).said()).toEqual(["close-transfers"]);
    expect(side.closeTransfers().said()).toEqual(["closed done 0"]);
  });

  test("that closes in order has said goodbye", () => {
    const side = new Side("conversation", true).active({ hasMore: true });
    side.handle({ input: "disconnected", how: "closed" });
    expect(side.closeTransfers().said()).toEqual(["close-transfers", "closed peer-bye 0"]);
  });

  test.each(["lost", "failed", "broken"] as const)("that does not close in order (%s) has not said goodbye", (how) => {
    const side = new Side("conversation", true).active({ hasMore: true }).handle({ input: "disconnected", how });
    const reason = how === "broken" ? "error" : "lost";
    expect(side.closeTransfers().said()).toEqual(["close-transfers", "loss untold", `closed ${reason} 0`]);
  });

  test("that closes before all is acknowledged is lost", () => {
    const side = new Side("conversation", true).active({ unacknowledgedTexts: 1 });
    side.handle({ input: "disconnected", how: "closed" });
    expect(side.closeTransfers().said()).toEqual(["close-transfers", "loss untold", "closed lost 0"]);
  });

  test("of a conversation is never quiet enough", () => {
    expect(new Side("conversation", true).active().pass(3_600_000).said()).toEqual([]);
  });
});

test("the transfers are told why they end, and the texts that were not delivered", () => {
  const whyOf = (side: Side): unknown => side.effects.find(({ effect }) => effect === "close-transfers");
  const interrupted: SessionInput = { input: "end", reason: "interrupted", exit: 130, isPatient: false };
  expect(whyOf(new Side("once").handle(quit).active())).toMatchObject({ why: "ended" });
  expect(whyOf(new Side("once").handle(interrupted))).toMatchObject({ why: "interrupted" });
  expect(whyOf(new Side("once").active().handle({ input: "peer-bye" }))).toMatchObject({ why: "peer-left" });
  const left = new Side("once", true).active().handle({ input: "disconnected", how: "closed" });
  expect(whyOf(left)).toMatchObject({ why: "peer-left" });
  expect(left.closeTransfers().effects).toContainEqual({ effect: "fail-texts", reason: "peer-bye", loss: "none" });
});

test("a session is open until something ends it, and connected until it is gone or over", () => {
  const stateOf = ({ machine }: Side) => [machine.state, machine.isOpen, machine.isConnected];
  const side = new Side("conversation").active({ unacknowledgedTexts: 1 });
  expect(stateOf(side)).toEqual(["open", true, true]);
  expect(stateOf(side.handle(quit))).toEqual(["flushing", false, true]);
  expect(stateOf(side.active())).toEqual(["closing-transfers", false, true]);
  expect(stateOf(side.closeTransfers())).toEqual(["awaiting-bye-ack", false, true]);
  expect(stateOf(side.handle({ input: "peer-bye-ack" }))).toEqual(["closed", false, false]);
  const answering = new Side("conversation").active().handle({ input: "peer-bye" }).closeTransfers();
  expect(stateOf(answering)).toEqual(["awaiting-close", false, true]);
  const losing = new Side("conversation").handle({ input: "disconnected", how: "lost" });
  expect(stateOf(losing)).toEqual(["losing", false, false]);
});

test("wants to be woken at the deadline of its state, and at no other time", () => {
  const deadlineOf = ({ machine }: Side): number => machine.nextDeadlineMs();
  const side = new Side("conversation").active({ unacknowledgedTexts: 1 }).pass(5);
  expect(deadlineOf(side)).toBe(Number.POSITIVE_INFINITY);
  expect(deadlineOf(side.handle(quit))).toBe(5 + FLUSH_TIMEOUT_MS);
  expect(deadlineOf(side.active())).toBe(Number.POSITIVE_INFINITY);
  expect(deadlineOf(side.pass(2).closeTransfers())).toBe(7 + BYE_TIMEOUT_MS);
  const foreign = new Side("once", true).pass(3);
  expect(deadlineOf(foreign)).toBe(Number.POSITIVE_INFINITY);
  expect(deadlineOf(foreign.active())).toBe(3 + FOREIGN_QUIET_MS);
  expect(deadlineOf(foreign.pass(9).handle({ input: "heard" }))).toBe(12 + FOREIGN_QUIET_MS);
  expect(deadlineOf(foreign.active({ hasMore: true }))).toBe(Number.POSITIVE_INFINITY);
});

test("transfers that run count for both directions", () => {
  const side = new Side("once").handle(hello("conversation"));
  expect(side.active({ incoming: 2 }).said()).toEqual(["say-done"]);
  expect(side.active({ incoming: 1 }).said()).toEqual([]);
  expect(side.active({ outgoing: 1 }).said()).toEqual([]);
  expect(side.active({ incomingMedia: 1 }).said()).toEqual([]);
  expect(side.active({ outgoingMedia: 1 }).said()).toEqual([]);
  expect(side.active().said()).toEqual(["close-transfers"]);
});

test("all transfers are closed when nobody has asked for it: nothing follows", () => {
  const side = new Side("conversation").active({ hasMore: true }).closeTransfers(4);
  expect([side.said(), side.machine.state]).toEqual([[], "open"]);
  expect(side.handle(quit).closeTransfers().handle({ input: "peer-bye-ack" }).said().at(-1)).toBe("closed quit 4");
});

test("nothing is asked for after closed", () => {
  const side = new Side("conversation").handle(quit).active().closeTransfers().pass(BYE_TIMEOUT_MS);
  side.said();
  side.handle(
    { input: "peer-bye" },
    { input: "peer-done" },
    { input: "end", reason: "error", exit: 1, isPatient: true },
    { input: "disconnected", how: "lost" },
    { input: "transfers-closed", exit: 1 },
  );
  expect(side.pass(60_000).said()).toEqual([]);
  expect(side.machine.state).toBe("closed");
});

test("a session that is discarded closes its transfers and tells nobody", () => {
  const side = new Side("once").active({ incoming: 1 }).handle({ input: "discarded" });
  expect(side.effects).toEqual([{ effect: "close-transfers", why: "lost" }]);
  side.said();
  side
    .closeTransfers()
    .handle({ input: "discarded" }, quit, { input: "failed" }, { input: "disconnected", how: "lost" });
  expect(side.said()).toEqual([]);
  expect([side.machine.isOpen, side.machine.isConnected]).toEqual([false, false]);
});
