// The priority of a candidate, as this program gives it (RFC 8445 §5.1.2, RFC 6544 §4.2). Gathering writes it into our file;
// a short code leaves it out where these rules give the same one again, so changing them changes what codes mean.
import type { IceCandidate } from "./description.ts";

/** The only component: RTP and RTCP would share it, too. RFC 8445 §4 */
export const COMPONENT = 1;
/** Type preferences of RFC 8445 §5.1.2.2; those over TCP are all below those of UDP without a relay. RFC 6544 §4.2. */
const TYPE_PREFERENCE = {
  udp: { host: 126, prflx: 110, srflx: 100, relay: 0 },
  tcp: { host: 90, prflx: 80, srflx: 70, relay: 0 },
} as const;
/** An active candidate is preferred because it needs no open port in a router. RFC 6544 §4.2. */
const DIRECTION_PREFERENCE = { active: 6, passive: 4, so: 2 } as const;
const DIRECTION_UNIT = 2 ** 13;

/** @param localPreference - 0 … 65,535, larger is better. RFC 8445 §5.1.2.1 */
export function candidatePriority(
  type: IceCandidate["type"],
  localPreference: number,
  transport: IceCandidate["transport"] = "udp",
): number {
  return TYPE_PREFERENCE[transport][type] * 2 ** 24 + localPreference * 2 ** 8 + (256 - COMPONENT);
}

/** The local preference of a TCP candidate beside a UDP one with this local preference. RFC 6544 §4.2. */
export function tcpLocalPreference(tcpType: NonNullable<IceCandidate["tcpType"]>, udpPreference: number): number {
  return DIRECTION_PREFERENCE[tcpType] * DIRECTION_UNIT + (udpPreference % DIRECTION_UNIT);
}

/** The local preference that a priority contains, 0 … 65,535. RFC 8445 §5.1.2.1 */
export function localPreferenceOf({ priority }: Pick<IceCandidate, "priority">): number {
  return Math.floor(priority / 2 ** 8) % 2 ** 16;
}
