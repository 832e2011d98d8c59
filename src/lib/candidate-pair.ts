// How a candidate pair stands, as people and programs are told. RFC 8445 §6.1.2.6.

import type { PairKind } from "./events.ts";

export type PairState = "frozen" | "waiting" | "in progress" | "succeeded" | "failed";

/** Two addresses that were tried, `address:port` each. */
export interface TriedPair {
  local: string;
  remote: string;
  localKind: PairKind;
  remoteKind: PairKind;
  state: PairState;
  protocol: "udp" | "tcp";
}
