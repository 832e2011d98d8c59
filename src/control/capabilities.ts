// The capabilities of a p2p program: the protocols of its channels and the features of its control channel, by name and
// version. Each side lists its own in its hello (docs/control-protocol.md, "Capabilities").

/** The keys of a hello that show what its sender can do. */
interface HelloKeys {
  capabilities?: readonly string[];
  verify?: "required" | "possible";
  recovers?: boolean;
  contacts?: true;
}

/** Limit of the capabilities in one hello. */
export const MAX_CAPABILITIES = 32;
/** Limit of one capability in bytes; its letters are ASCII. */
export const MAX_CAPABILITY_BYTES = 64;

/** `name/version`: lower-case letters, digits and hyphens, then a number from 1 to 9999. */
const CAPABILITY = /^[a-z][a-z0-9-]*\/[1-9][0-9]{0,3}$/;

/**
 * A capability of this program. `p2p-transfer/1` is the protocol of a channel; `long-text/1` joins the pieces of a text;
 * the others are sets of messages.
 */
export type Capability =
  | "p2p-transfer/1"
  | "long-text/1"
  | "path/1"
  | "two-paths/1"
  | "verify/1"
  | "contacts/1"
  | "channel-refused/1"
  | "media/1";

/** Whether a value from a hello is a list of capabilities within the limits. Unknown names and versions are allowed. */
export function isCapabilityList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_CAPABILITIES) return false;
  return value.every((one) => typeof one === "string" && one.length <= MAX_CAPABILITY_BYTES && CAPABILITY.test(one));
}

/**
 * The capabilities of the program that said this hello. An older one lists none: it takes files, and the other keys of
 * its hello show the rest.
 */
export function capabilitiesOf({ capabilities, verify, recovers, contacts }: HelloKeys): ReadonlySet<string> {
  if (capabilities !== undefined) return new Set(capabilities);
  const found: Capability[] = ["p2p-transfer/1"];
  if (recovers === true) found.push("path/1");
  if (verify !== undefined) found.push("verify/1");
  if (contacts === true) found.push("contacts/1");
  return new Set(found);
}
