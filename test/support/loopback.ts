// What peers of the tests gather: a socket on loopback, no server, nothing told.
import type { GatherOptions } from "../../src/rtc/ice/local-side.ts";

export const LOOPBACK_ONLY: GatherOptions = {
  network: { bind: ["127.0.0.1"], stunServers: [], turnServers: [], legacySdp: false },
  events: { emit: () => {}, onCandidatesChanged: () => {} },
};
