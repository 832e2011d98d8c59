// STUN requests of people who do not know the password, or who saw a request and say more than it said.
// RFC 8445 §7.3, RFC 8489 §9.1, §14.5.
import type { Message } from "werift";
import type { SessionDescription } from "../../src/exchange/description.ts";
import { loadWerift } from "../../src/rtc/werift.ts";

const HIGHEST_TIE_BREAKER = 2n ** 64n - 1n;

interface RequestFields {
  username?: string;
  password?: string;
  role?: "ICE-CONTROLLING" | "ICE-CONTROLLED";
}

/** A check that wants to be nominated. Without a password: without MESSAGE-INTEGRITY. */
export function request({ username, password, role = "ICE-CONTROLLING" }: RequestFields): Buffer {
  const { classes, Message: StunMessage, methods } = loadWerift();
  const message: Message = new StunMessage(methods.BINDING, classes.REQUEST);
  if (username !== undefined) message.setAttribute("USERNAME", username);
  message.setAttribute("PRIORITY", 100).setAttribute(role, HIGHEST_TIE_BREAKER);
  if (role === "ICE-CONTROLLING") message.setAttribute("USE-CANDIDATE", null);
  if (password !== undefined) message.addMessageIntegrity(Buffer.from(password)).addFingerprint();
  return message.bytes;
}

const PRIORITY_BYTES = 8;
const ROLE_ATTRIBUTES = { "ICE-CONTROLLED": 0x8029, "ICE-CONTROLLING": 0x802a };

/** Says something behind the MESSAGE-INTEGRITY of a captured request, which stays valid. */
export function withRoleAppended(captured: Buffer, role: keyof typeof ROLE_ATTRIBUTES): Buffer {
  const attribute = Buffer.alloc(4 + PRIORITY_BYTES, 0xff);
  attribute.writeUInt16BE(ROLE_ATTRIBUTES[role], 0);
  attribute.writeUInt16BE(PRIORITY_BYTES, 2);
  const datagram = Buffer.concat([captured, attribute]);
  datagram.writeUInt16BE(datagram.length - 20, 2);
  return datagram;
}

/** Forged requests against a side with these credentials, by name. */
export function forgeries(
  { iceUfrag, icePwd }: Pick<SessionDescription, "iceUfrag" | "icePwd">,
  remoteUfrag: string,
): [kind: string, datagram: Buffer][] {
  const username = `${iceUfrag}:${remoteUfrag}`;
  return [
    ["no USERNAME, no integrity", request({})],
    ["no integrity", request({ username })],
    ["a wrong password", request({ username, password: "x".repeat(24) })],
    ["no USERNAME", request({ password: icePwd })],
    ["another's USERNAME", request({ username: `zzzz:${remoteUfrag}`, password: icePwd })],
    ["our USERNAME without the peer's half", request({ username: iceUfrag, password: icePwd })],
    ["a role conflict without integrity", request({ username, role: "ICE-CONTROLLED" })],
    ["a role behind the integrity", withRoleAppended(request({ username, password: icePwd }), "ICE-CONTROLLED")],
  ];
}
