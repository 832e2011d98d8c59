// One connectivity check or consent check: a request on a pair, and its outcome. RFC 8445 §7.2, RFC 7675 §5.1. werift's
// own implementation starts the next check as soon as an answer says 401 or 487, whoever sends it and however often,
// and waits forever for an error without a code.
import { LIVENESS } from "../../paths/liveness.ts";
import type { CheckOutcome } from "../../paths/path-machine.ts";
import { insideOf, type WeriftConnection, type WeriftPair } from "../werift.ts";

/**
 * One check sends at 0, 250, 750 and 1,750 ms and fails at 3,750 ms, so a round trip of 3 s still counts. werift's own
 * schedule ends after 1,550 ms.
 */
const CHECK_SCHEDULE = { retransmissions: 3, responseTimeout: 250 };
/** Pairs whose round trip holds the wait for a copy that was sent because no answer had come: all copies look the same. */
const withWait = new WeakSet<WeriftPair>();
/** RFC 8445 §7.3.1.1. */
const ROLE_CONFLICT = 487;

/** The round trip of a pair's last check in milliseconds; undefined: there is none, or it may hold a wait. */
export function sureRttMs(pair: WeriftPair): number | undefined {
  return pair.rtt === undefined || withWait.has(pair) ? undefined : pair.rtt * 1_000;
}

/** @param sentMs - when the first copy of the request left */
function noteRtt(pair: WeriftPair, sentMs: number): void {
  const elapsedMs = performance.now() - sentMs;
  pair.rtt = elapsedMs / 1_000;
  if (elapsedMs >= CHECK_SCHEDULE.responseTimeout) withWait.add(pair);
  else withWait.delete(pair);
}

/**
 * Sends one check, and counts its answer on the pair. Sends nothing more, whatever the answer.
 * @param nominates - with USE-CANDIDATE; a controlled agent never does
 * @returns never rejects; `failed`: no answer, or one that refuses, for whatever reason
 */
export async function sendCheck(
  connection: WeriftConnection,
  pair: WeriftPair,
  nominates: boolean,
): Promise<CheckOutcome> {
  const { iceControlling, localUsername, remoteUsername, remotePassword } = connection;
  const sentMs = performance.now();
  try {
    const request = insideOf(connection).buildRequest({
      nominate: nominates,
      localUsername: pair.localCandidate.ufrag ?? localUsername,
      remoteUsername,
      iceControlling,
      localCandidate: pair.localCandidate,
    });
    // A new object each time: werift adds the key of the request to it.
    await pair.protocol.request(request, pair.remoteAddr, Buffer.from(remotePassword), { ...CHECK_SCHEDULE });
  } catch (error) {
    return errorCodeOf(error) === ROLE_CONFLICT ? "role-conflict" : "failed";
  }
  pair.responsesReceived += 1;
  noteRtt(pair, sentMs);
  return "answered";
}

/** The way in which a consent check is signed: the role, and whether it nominates its pair. */
export interface ConsentCheck {
  isNominating: boolean;
  isControlling: boolean;
}

/**
 * Creates the function that asks for consent on a pair, once per call and without retransmission. The checks keep the
 * credentials with which the pair was selected, whatever changes later. The round trip becomes the pair's. The promise
 * resolves with the answer; it rejects without one, and when the signal aborts.
 */
export function consentChecks(
  connection: WeriftConnection,
  pair: WeriftPair,
): (check: ConsentCheck, signal: AbortSignal) => Promise<void> {
  const inside = insideOf(connection);
  const { localUsername, remoteUsername, remotePassword } = connection;
  return async ({ isNominating, isControlling }, signal) => {
    const request = inside.buildRequest({
      nominate: isNominating,
      localUsername,
      remoteUsername,
      iceControlling: isControlling,
      localCandidate: pair.localCandidate,
    });
    const sentMs = performance.now();
    await pair.protocol.request(request, pair.remoteAddr, Buffer.from(remotePassword), {
      retransmissions: 0,
      responseTimeout: LIVENESS.answerMs,
      signal,
    });
    // It was sent once.
    pair.rtt = (performance.now() - sentMs) / 1_000;
    withWait.delete(pair);
  };
}

/** @returns undefined where there was no answer, or one without a code */
function errorCodeOf(error: unknown): number | undefined {
  const { response } = error as { response?: { getAttributeValue(name: string): unknown } };
  const value = response?.getAttributeValue("ERROR-CODE");
  const code: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof code === "number" ? code : undefined;
}
