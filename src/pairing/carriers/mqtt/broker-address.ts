// The address of a broker, as `--via` has it: mqtt://HOST[:PORT][/PREFIX] or mqtts://….
import { domainToASCII, domainToUnicode } from "node:url";

export interface BrokerAddress {
  readonly isTls: boolean;
  /** A name as the DNS has it (punycode), or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The first levels of every topic. */
  readonly prefix: string;
  /** The address for people. */
  readonly url: string;
}

/**
 * The flaw of an address: `credentials` stand in it, where other users of the machine can read them; `prefix`: no topic
 * can begin like that; `address`: it is none.
 */
export type BrokerAddressFlaw = "address" | "credentials" | "prefix";

const PORT = 1_883;
const TLS_PORT = 8_883;
const DEFAULT_PREFIX = "p2p";
const MAX_PREFIX_UNITS = 200;
/** Characters that end a host in an address, so that no host has them. */
const HOST_END = /[/?#@:\\%\s]/;
/** Wildcards cannot be published to, `$` begins the broker's own topics, and MQTT allows no control characters. */
const BAD_PREFIX = /[#+\p{Cc}]|^[$/]|\/$|\/\//u;

/** @param text - `mqtt[s]://HOST[:PORT][/PREFIX]` @returns what is wrong with it, where it cannot be used */
export function parseBrokerAddress(text: string): BrokerAddress | BrokerAddressFlaw {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["mqtt:", "mqtts:"].includes(url.protocol) || url.hostname === "") return "address";
  if (url.username !== "" || url.password !== "") return "credentials";
  if (/[?#]/.test(text)) return "prefix";
  const prefix = prefixOf(url.pathname);
  if (prefix === undefined) return "prefix";
  const isTls = url.protocol === "mqtts:";
  const port = url.port === "" ? (isTls ? TLS_PORT : PORT) : Number(url.port);
  if (port === 0) return "address";
  const named = hostOf(url.hostname);
  if (named === undefined) return "address";
  const { host, shown } = named;
  const shownPort = url.port === "" ? "" : `:${url.port}`;
  const path = url.pathname === "/" ? "" : url.pathname;
  return { isTls, host, port, prefix, url: `${url.protocol}//${shown}${shownPort}${path}` };
}

/**
 * The host to connect to, and the one that people know. URL encodes other letters than those of ASCII by percent signs for a
 * scheme that it does not know, which no DNS understands.
 * @returns undefined where there is no such host
 */
function hostOf(hostname: string): { host: string; shown: string } | undefined {
  const [, ipv6] = /^\[(.*)\]$/.exec(hostname) ?? [];
  if (ipv6 !== undefined) return { host: ipv6, shown: hostname };
  const typed = decoded(hostname);
  if (typed === undefined || HOST_END.test(typed)) return undefined;
  const host = domainToASCII(typed);
  if (host === "") return undefined;
  return { host, shown: typed === hostname ? hostname : domainToUnicode(host) };
}

/** @returns undefined where no topic can begin with it */
function prefixOf(path: string): string | undefined {
  if (path === "" || path === "/") return DEFAULT_PREFIX;
  const prefix = decoded(path.slice(1));
  return prefix === undefined || prefix.length > MAX_PREFIX_UNITS || BAD_PREFIX.test(prefix) ? undefined : prefix;
}

/** @returns undefined for what is no UTF-8 by percent signs */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
