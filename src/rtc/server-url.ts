// Checks `--stun` and `--turn` URLs. RFC 7064 §3.1, RFC 7065 §3.1. URLs must not contain credentials: command
// lines are visible to every user of the machine, so a URL that carries them is reported without being repeated.
import { isIP, isIPv4, isIPv6 } from "node:net";
import { MAX_PORT } from "../lib/address.ts";

/** The reason why a URL cannot be used. `credentials`: the URL must not be repeated in a message. */
export type ServerUrlProblem = "credentials" | "slashes" | "scheme" | "host" | "port" | "query";

const FORM = /^([a-z]+):(\[[^\]]*\]|[^:?[\]]*)(?::([^?]*))?(?:\?(.*))?$/i;
/** RFC 1035 §2.3.4, without the final dot. */
const MAX_HOST_NAME_LENGTH = 253;
/** One label between the dots. */
const HOST_LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const PORT = /^[1-9]\d{0,4}$/;

function isHost(host: string): boolean {
  if (host.startsWith("[")) return isIPv6(host.slice(1, -1));
  // Four numbers that are not an address (`1.2.3.400`) would pass as a name and fail much later.
  return isIP(host) !== 0 ? isIPv4(host) : isHostName(host) && !/^[\d.]+$/.test(host);
}

function isHostName(host: string): boolean {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  return name.length <= MAX_HOST_NAME_LENGTH && name.split(".").every((label) => HOST_LABEL.test(label));
}

/**
 * @param kind - `stun`: `stun:host[:port]`; `turn`: `turn:` or `turns:`, with `?transport=udp|tcp` allowed
 * @returns undefined when the URL can be used
 */
export function serverUrlProblem(url: string, kind: "stun" | "turn"): ServerUrlProblem | undefined {
  if (url.includes("@")) return "credentials";
  if (/^[a-z]+:\/\//i.test(url)) return "slashes";
  const match = FORM.exec(url);
  const schemes = kind === "stun" ? ["stun"] : ["turn", "turns"];
  if (match === null || !schemes.includes((match[1] ?? "").toLowerCase())) return "scheme";
  const [, , host = "", port, query] = match;
  if (!isHost(host)) return "host";
  if (port !== undefined && (!PORT.test(port) || Number(port) > MAX_PORT)) return "port";
  if (query !== undefined && (kind === "stun" || !/^transport=(udp|tcp)$/.test(query))) return "query";
  return undefined;
}
