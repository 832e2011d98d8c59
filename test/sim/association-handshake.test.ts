// How two associations come up when packets cross, are lost or come late, and what a peer that starts again does.
import { expect, test } from "vitest";
import type { AssociationEvent } from "../../src/sctp/association-types.ts";
import { makeAssociation, metricsOf, talkOfAssociations } from "../support/sim/associations.ts";
import { chunkName, ChunkType, hasChunk } from "../support/sim/chunks.ts";
import type { Link } from "../support/sim/link.ts";
import { symmetricPath } from "../support/sim/pair.ts";
import { bulk } from "../support/sim/traffic.ts";

const PATH = symmetricPath({ delayMs: 20 });
const COOKIE_ACK = 11;
const SOME = bulk(100_000, 10_000);

function loseFirst(link: Link, type: number): void {
  let isLost = false;
  link.filter = (bytes) => {
    if (isLost || !hasChunk(bytes, type)) return true;
    isLost = true;
    return false;
  };
}

// 0: both INITs cross; 20: b's leaves when a's arrives; then b answers a's before it starts itself.
test.each([0, 1, 10, 20, 30, 40, 50, 79, 80, 81, 1_000])("b starts %i ms after a", (afterMs) => {
  const established: string[] = [];
  const talk = talkOfAssociations({
    conditions: PATH,
    aSends: SOME,
    bSends: SOME,
    startAtMs: { a: 0, b: afterMs },
    onEvent: (name, event) => {
      established.push(`${name} ${event.type}`);
    },
  }).finish(10_000);
  expect(established.toSorted((left, right) => left.localeCompare(right))).toEqual(["a established", "b established"]);
  expect(metricsOf(talk.pair.a.engine).timeouts).toBe(0);
});

const HANDSHAKE = [ChunkType.INIT, ChunkType.INIT_ACK, ChunkType.COOKIE_ECHO, COOKIE_ACK];
const LOSSES = HANDSHAKE.flatMap((type) => [0, 500].map((afterMs) => [chunkName(type), afterMs, type] as const));

test.each(LOSSES)("the first %s of each side is lost, b starts after %i ms", (_name, afterMs, type) => {
  const startAtMs = { a: 0, b: afterMs };
  const talk = talkOfAssociations({ conditions: PATH, aSends: SOME, bSends: SOME, startAtMs });
  loseFirst(talk.pair.aToB, type);
  loseFirst(talk.pair.bToA, type);
  talk.finish(10_000);
});

test("nothing gets through for 20 s", () => {
  const conditions = symmetricPath({ delayMs: 20, outages: [{ fromMs: 0, toMs: 20_000 }] });
  // The INIT is repeated every 4 s at the latest.
  talkOfAssociations({ conditions, aSends: SOME, bSends: SOME }).finish(25_000);
});

test("a peer that starts again ends the association that was, and none of its bytes are taken for new ones", () => {
  const events: AssociationEvent[] = [];
  const talk = talkOfAssociations({
    conditions: PATH,
    aSends: SOME,
    bSends: SOME,
    onEvent: (name, event) => {
      if (name === "a") events.push(event);
    },
  }).finish(10_000);
  const { b, simulation } = talk.pair;
  b.replaceEngine(makeAssociation(99));
  b.change((engine, nowMs) => {
    engine.start(nowMs);
  });
  simulation.runUntil(() => events.some(({ type }) => type === "closed"), 20_000, "closed");
  expect(events.map(({ type }) => type)).toEqual(["established", "closed"]);
});
