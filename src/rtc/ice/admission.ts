// What a socket lets in. Anybody on the internet can send datagrams to a candidate's port: STUN requests count
// only with our username and a valid MESSAGE-INTEGRITY (RFC 8445 §7.3), and everything that is not STUN only
// from an address that has answered a check of ours (RFC 7675).
import { loadWerift } from "../werift.ts";

export interface AdmissionRules {
  /** Own ufrag and password, as in the exchange file. */
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** Whether the address belongs to a candidate pair that has succeeded. */
  isValidated(address: string, port: number): boolean;
}

/** STUN message types are below 0x40; the first two bits are zero. RFC 7983 §7. */
const STUN_FIRST_BYTE_LIMIT = 4;
const STUN_CLASS_MASK = 0x0110;
const STUN_HEADER_BYTES = 20;

/** Whether a datagram may go on to werift. Never throws. */
export function isAdmitted(datagram: Buffer, from: readonly [string, number], rules: AdmissionRules): boolean {
  const [first] = datagram;
  if (first === undefined) return false;
  if (first >= STUN_FIRST_BYTE_LIMIT) return rules.isValidated(from[0], from[1]);
  if (datagram.length < STUN_HEADER_BYTES) return false;
  const isRequest = (datagram.readUInt16BE(0) & STUN_CLASS_MASK) === 0;
  // Responses are matched to their transaction and checked with its key by werift; indications are not used.
  return !isRequest || isAuthenticRequest(datagram, rules);
}

function isAuthenticRequest(datagram: Buffer, rules: AdmissionRules): boolean {
  try {
    const message = loadWerift().parseMessage(datagram, Buffer.from(rules.icePwd));
    if (message === undefined || !message.attributesKeys.includes("MESSAGE-INTEGRITY")) return false;
    const username: unknown = message.getAttributeValue("USERNAME");
    return typeof username === "string" && username.startsWith(`${rules.iceUfrag}:`);
  } catch {
    return false;
  }
}
