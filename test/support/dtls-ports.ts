// Two DtlsPorts with a path between them in virtual time, and whoever holds the path. Call it under fake timers.
import { vi } from "vitest";
import type { Fingerprint } from "../../src/exchange/description.ts";
import type { P2pError } from "../../src/lib/errors/p2p-error.ts";
import type { LocalCertificate } from "../../src/rtc/certificate.ts";
import { DtlsPort } from "../../src/rtc/dtls/dtls-port.ts";
import type { Direction } from "./dtls-forger.ts";

const DELAY_MS = 5;
const STEP_MS = 50;

export interface PortPair {
  client: DtlsPort;
  server: DtlsPort;
  /** How often each side was connected, and what it ended with. */
  seen: Record<"client" | "server", { connected: number; ended: (P2pError | undefined)[]; received: string[] }>;
  /** Sends something in the name of the other side, after a while. */
  inject: (datagram: Buffer, direction: Direction, delayMs?: number) => void;
  /** Lets time pass until something holds. @returns whether it did within the limit */
  until: (condition: () => boolean, limitMs: number) => Promise<boolean>;
  close: () => void;
}

/**
 * @param onDatagram - sees each datagram before it travels; what it returns false for is lost
 * @param expected - fingerprints that each side waits for, where they are not the right ones
 */
export function joinPorts(
  certificates: { client: LocalCertificate; server: LocalCertificate },
  onDatagram: (datagram: Buffer, direction: Direction, pair: PortPair) => boolean = () => true,
  expected: { ofClient?: Fingerprint; ofServer?: Fingerprint } = {},
): PortPair {
  const seen: PortPair["seen"] = {
    client: { connected: 0, ended: [], received: [] },
    server: { connected: 0, ended: [], received: [] },
  };
  const portOf = (role: "client" | "server", remote: Fingerprint, direction: Direction): DtlsPort =>
    new DtlsPort({
      role,
      certificate: certificates[role],
      remoteFingerprints: [remote],
      send: (datagram) => {
        const copy = Buffer.from(datagram);
        if (onDatagram(copy, direction, pair)) pair.inject(copy, direction);
      },
      events: {
        onConnected: () => {
          seen[role].connected += 1;
        },
        onData: (plaintext) => {
          seen[role].received.push(plaintext.toString());
        },
        onEnded: (error) => {
          seen[role].ended.push(error);
        },
      },
    });
  const client = portOf("client", expected.ofServer ?? certificates.server.fingerprint, "toServer");
  const server = portOf("server", expected.ofClient ?? certificates.client.fingerprint, "toClient");
  const pair: PortPair = {
    client,
    server,
    seen,
    inject: (datagram, direction, delayMs = 0) => {
      setTimeout(() => (direction === "toClient" ? client : server).handle(datagram), DELAY_MS + delayMs);
    },
    until: async (condition, limitMs) => {
      for (let passedMs = 0; passedMs < limitMs && !condition(); passedMs += STEP_MS) {
        await vi.advanceTimersByTimeAsync(STEP_MS);
      }
      return condition();
    },
    close: () => {
      client.close();
      server.close();
    },
  };
  return pair;
}
