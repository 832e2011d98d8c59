// Two sides up to DTLS, with a relay between them: ICE agent and DtlsPort over real sockets on loopback, without
// SCTP, so that a test sees each record.
import type { SessionDescription } from "../../src/exchange/description.ts";
import type { P2pError } from "../../src/lib/errors/p2p-error.ts";
import { createCertificate, type LocalCertificate } from "../../src/rtc/certificate.ts";
import { DtlsPort } from "../../src/rtc/dtls/dtls-port.ts";
import { IceAgent } from "../../src/rtc/ice/agent.ts";
import { LOOPBACK_ONLY } from "./loopback.ts";
import { endpointOf, movedTo } from "./talking-peers.ts";
import { GOOD_NETWORK, type RelayConditions, UdpRelay } from "./udp-relay.ts";
import { withResolvers } from "./with-resolvers.ts";

/** An agent with a socket on loopback and no servers. */
export function openAgent(): Promise<IceAgent> {
  return IceAgent.gather(LOOPBACK_ONLY);
}

export function describeAgent(agent: IceAgent, certificate?: LocalCertificate): SessionDescription {
  return {
    type: "offer",
    form: "modern",
    mid: "data",
    iceUfrag: agent.iceUfrag,
    icePwd: agent.icePwd,
    iceLite: false,
    fingerprints: certificate === undefined ? [] : [certificate.fingerprint],
    setup: "actpass",
    sctpPort: 5_000,
    maxMessageSize: 65_536,
    candidates: [...agent.candidates],
  };
}

export interface DtlsSide {
  agent: IceAgent;
  port: DtlsPort;
  /** Plaintext of the application records, in the order of their coming. */
  received: Buffer[];
  /** Rejects with the error of the end. */
  connected: Promise<void>;
  /** With the error of the end. */
  ended: Promise<P2pError | undefined>;
}

function startSide(
  agent: IceAgent,
  certificate: LocalCertificate,
  remote: SessionDescription,
  role: "client" | "server",
): DtlsSide {
  const received: Buffer[] = [];
  let onConnected = (): void => {};
  let onFailed: (reason: unknown) => void = () => {};
  const connected = new Promise<void>((resolve, reject) => {
    onConnected = resolve;
    onFailed = reject;
  });
  // Who waits for one of the two need not wait for the other.
  connected.catch(() => {});
  const { promise: ended, resolve: onEnd } = withResolvers<P2pError | undefined>();
  const port = new DtlsPort({
    role,
    certificate,
    remoteFingerprints: remote.fingerprints,
    send: (datagram) => {
      agent.send(datagram);
    },
    events: {
      onConnected,
      onData: (plaintext) => {
        received.push(plaintext);
      },
      onEnded: (error) => {
        onFailed(error);
        onEnd(error);
      },
    },
  });
  agent.start(remote, role === "server", {
    onConnected: () => {
      port.start();
    },
    onData: (datagram) => {
      port.handle(datagram);
    },
  });
  return { agent, port, received, connected, ended };
}

export interface DtlsSides {
  /** The DTLS server, and the controlling agent. */
  a: DtlsSide;
  b: DtlsSide;
  relay: UdpRelay;
}

/**
 * Opens two sides and starts connecting them; `connected` of each tells when it is through.
 * @param forged - whose fingerprint the other side has wrong
 */
export async function startSides(
  conditions: RelayConditions = GOOD_NETWORK,
  forged: "a" | "b" | "none" = "none",
): Promise<DtlsSides> {
  const [agentA, agentB, certificateA, certificateB] = await Promise.all([
    openAgent(),
    openAgent(),
    createCertificate(),
    createCertificate(),
  ]);
  const ofA = describeAgent(agentA, forged === "a" ? certificateB : certificateA);
  const ofB = describeAgent(agentB, forged === "b" ? certificateA : certificateB);
  const { relay, aSeenByB, bSeenByA } = await UdpRelay.open(endpointOf(ofA), endpointOf(ofB), conditions);
  const a = startSide(agentA, certificateA, movedTo(ofB, bSeenByA), "server");
  const b = startSide(agentB, certificateB, movedTo(ofA, aSeenByB), "client");
  return { a, b, relay };
}

/** As `startSides`, and waits until both are connected. */
export async function connectSides(): Promise<DtlsSides> {
  const sides = await startSides();
  await Promise.all([sides.a.connected, sides.b.connected]);
  return sides;
}

export async function closeSides({ a, b, relay }: DtlsSides): Promise<void> {
  for (const { port } of [a, b]) port.close();
  relay.close();
  await Promise.all([a.agent.close(), b.agent.close()]);
}
