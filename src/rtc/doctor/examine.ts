// The network examination: determines which addresses there are, how STUN servers see one socket, how the NAT filters,
// whether TURN servers give a relay and the router maps a port. It asks only the servers that it is given, all at once.
import { once } from "node:events";
import { connect, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { addressKind, formatAddress, isPublicIpv6 } from "../../lib/address.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { NatFiltering } from "../../lib/nat-summary.ts";
import type { NetworkOptions } from "../network-options.ts";
import { type Endpoint, mappingOf, type Sighting } from "../../nat/mapping.ts";
import type { LocalAddress, NetworkFindings, NetworkReport, StunResult } from "../../nat/network-report.ts";
import { canBeReflexive } from "../../nat/own-address.ts";
import { diagnose } from "../../nat/verdict.ts";
import { hostAddresses } from "../ice/addresses.ts";
import { parseServerUrl } from "../ice/gather.ts";
import { lookUp } from "./look-up.ts";
import { probeMapping } from "./mapping-probe.ts";
import { type Answer, StunSocket } from "./stun-socket.ts";
import { probeTurn } from "./turn-probe.ts";

/** The servers to ask, and the addresses to ask from. */
export type ExamineOptions = Pick<NetworkOptions, "stunServers" | "turnServers" | "bind" | "portMapping">;

const ANSWER_LIMIT_MS = 2_500;
/** Limit for each of the two filtering tests; the server has already answered by then. */
const FILTERING_LIMIT_MS = 1_200;
/** Limit for a TCP connection, tried when nobody has answered over UDP. */
const CONNECT_LIMIT_MS = 2_000;

/** A STUN server over one address family, and its answer. */
interface AskedServer {
  asked: Asked[];
  /** Why its name has no address. */
  reason: string | undefined;
}

interface Asked {
  url: string;
  family: 4 | 6;
  server: Endpoint;
  answer: Answer | undefined;
  /** The reported address of ours, when it cannot be right; then there is no `answer`. */
  wrong: Endpoint | undefined;
}

/** @throws P2pError BIND_FAILED */
export async function examineNetwork(options: ExamineOptions): Promise<NetworkReport> {
  const startMs = performance.now();
  const addresses = localAddresses(options.bind);
  const used = addresses.filter((own) => own.used).map(({ address }) => address);
  const [examined, turn, portMapping] = await Promise.all([
    examineStun(options, addresses),
    Promise.all(options.turnServers.map(probeTurn)),
    probeMapping(options.portMapping === true ? used : []),
  ]);
  const findings: NetworkFindings = { addresses, turn, portMapping, ...examined };
  return { ...findings, ...diagnose(findings), ms: Math.round(performance.now() - startMs) };
}

/** @param bind - as in `NetworkOptions` */
export function localAddresses(bind: readonly string[]): LocalAddress[] {
  const used = hostAddresses(bind).addresses;
  return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries
      .filter(({ internal, address }) => !internal || used.includes(address))
      .map(({ address }) => ({
        interface: name,
        address,
        family: isIPv4(address) ? (4 as const) : (6 as const),
        kind: addressKind(address) ?? "not-unicast",
        used: used.includes(address),
      })),
  );
}

async function examineStun(
  { stunServers, bind }: ExamineOptions,
  addresses: readonly LocalAddress[],
): Promise<Omit<NetworkFindings, "addresses" | "turn" | "portMapping">> {
  const hasPublicIpv6 = addresses.some(({ address, used }) => used && isPublicIpv6(address));
  const sockets = await openSockets(bind, addresses);
  try {
    const perUrl = await Promise.all(stunServers.map((url) => askServer(url, sockets)));
    const asked = perUrl.flatMap((server) => server.asked);
    const answered = asked.filter(({ answer }) => answer !== undefined);
    const isHeard = asked.some(({ answer, wrong }) => answer !== undefined || wrong !== undefined);
    const [filtering, isTcpOpen] = await Promise.all([
      examineFiltering(answered, bind),
      isHeard ? false : takesTcp(asked),
    ]);
    const mapping = mappingOf(sightingsOf(answered, sockets.get(4), addresses));
    const isIpv6Asked = asked.some(({ family }) => family === 6);
    const isIpv6Answered = answered.some(({ family }) => family === 6);
    return {
      stun: stunServers.map((url, index) => resultOf(url, perUrl[index])),
      udp: stunServers.length === 0 ? "not-asked" : isHeard ? "open" : isTcpOpen ? "blocked" : "silent",
      ipv6: isIpv6Answered ? "works" : !hasPublicIpv6 ? "none" : isIpv6Asked ? "silent" : "untested",
      ...(mapping === undefined ? {} : { mapping }),
      ...(filtering === undefined ? {} : { filtering }),
    };
  } finally {
    for (const socket of sockets.values()) socket.close();
  }
}

/** Opens one socket per family: the kind of a NAT shows only when the answers are for the same socket. */
async function openSockets(
  bind: readonly string[],
  addresses: readonly LocalAddress[],
): Promise<Map<4 | 6, StunSocket>> {
  const sockets = new Map<4 | 6, StunSocket>();
  for (const [family, any] of [
    [4, "0.0.0.0"],
    [6, "::"],
  ] as const) {
    const isOfFamily = (address: string): boolean => isIPv4(address) === (family === 4);
    const address = bind.length > 0 ? bind.find(isOfFamily) : any;
    const hasAddress = bind.length > 0 || addresses.some((own) => own.used && own.family === family);
    if (address === undefined || !hasAddress) continue;
    try {
      sockets.set(family, await StunSocket.open(family, address));
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
      for (const socket of sockets.values()) socket.close();
      throw new P2pError("BIND_FAILED", { address, reason }, { cause });
    }
  }
  return sockets;
}

/** `asked` has one entry for each family in which it has an address and we have a socket */
async function askServer(url: string, sockets: ReadonlyMap<4 | 6, StunSocket>): Promise<AskedServer> {
  const { host, port } = parseServerUrl(url);
  const { found, reason } = await lookUp(host);
  const asked = [...sockets].map(async ([family, socket]): Promise<Asked[]> => {
    const address = found.find((entry) => entry.family === family)?.address;
    if (address === undefined) return [];
    const server = { address, port };
    const answer = await socket.ask(server, ANSWER_LIMIT_MS);
    // A socket that is bound to all addresses is seen at an address of the same kind as the server's.
    const isTrue = answer === undefined || canBeReflexive(answer.mapped, server.address);
    return [{ url, family, server, answer: isTrue ? answer : undefined, wrong: isTrue ? undefined : answer.mapped }];
  });
  return { asked: (await Promise.all(asked)).flat(), reason };
}

function resultOf(url: string, { asked, reason }: AskedServer = { asked: [], reason: undefined }): StunResult {
  const answers = asked.flatMap(({ family, server, answer }) =>
    answer === undefined
      ? []
      : [
          {
            family,
            server: formatAddress(server.address, server.port),
            mapped: formatAddress(answer.mapped.address, answer.mapped.port),
            isOutside: addressKind(answer.mapped.address) === "public",
            rttMs: Math.round(answer.rttMs * 10) / 10,
          },
        ],
  );
  if (answers.length > 0) return { url, state: "answered", answers };
  const wrong = asked.flatMap((one) => one.wrong ?? [])[0];
  if (wrong !== undefined) return { url, state: "wrong", answers, reason: formatAddress(wrong.address, wrong.port) };
  if (asked.length > 0) return { url, state: "silent", answers };
  return { url, state: "unresolved", answers, ...(reason === undefined ? {} : { reason }) };
}

function sightingsOf(
  answered: readonly Asked[],
  socket: StunSocket | undefined,
  addresses: readonly LocalAddress[],
): Sighting[] {
  if (socket === undefined) return [];
  const { port } = socket;
  return answered.flatMap(({ family, server, answer }) => {
    if (family !== 4 || answer === undefined) return [];
    const { mapped } = answer;
    // The socket is bound to all addresses: its address is the one at which it is seen, if that is a local one.
    const isOwn = addresses.some(({ address }) => address === mapped.address);
    return [{ socket: { address: isOwn ? mapped.address : "0.0.0.0", port }, server, mapped }];
  });
}

/**
 * Asks a capable server to answer from elsewhere, on a socket that has sent to no other destination. RFC 5780 §4.4
 * @returns undefined when no server is capable of it
 */
async function examineFiltering(
  answered: readonly Asked[],
  bind: readonly string[],
): Promise<NatFiltering | undefined> {
  const able = answered.find(
    ({ family, server, answer: { other } = {} }) =>
      family === 4 && other !== undefined && other.address !== server.address && other.port !== server.port,
  );
  if (able === undefined) return undefined;
  const { server } = able;
  const socket = await StunSocket.open(4, bind.find((address) => isIPv4(address)) ?? "0.0.0.0");
  try {
    if ((await socket.ask(server, FILTERING_LIMIT_MS)) === undefined) return undefined;
    const fromElsewhere = await socket.ask(server, FILTERING_LIMIT_MS, "address-and-port");
    // A server that ignores CHANGE-REQUEST proves nothing.
    if (fromElsewhere?.from.address === server.address) return undefined;
    if (fromElsewhere !== undefined) return "endpoint-independent";
    const fromOtherPort = await socket.ask(server, FILTERING_LIMIT_MS, "port");
    if (fromOtherPort?.from.port === server.port) return undefined;
    return fromOtherPort === undefined ? "address-and-port-dependent" : "address-dependent";
  } finally {
    socket.close();
  }
}

/** Whether one of the servers accepts a TCP connection: then it is reachable, and only UDP is blocked. */
async function takesTcp(asked: readonly Asked[]): Promise<boolean> {
  const tries = asked.map(async ({ server: { address, port } }) => {
    const socket = connect({ host: address, port });
    try {
      await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_LIMIT_MS) });
    } finally {
      socket.destroy();
    }
  });
  return await Promise.any(tries).then(
    () => true,
    () => false,
  );
}
