// Finds out that the machine of the peer is there and its program is not: a datagram to the peer's own port is refused
// (ICMP port unreachable, RFC 1122 §3.2.2.1), which a socket hears of only if it is connected to that port alone. So a
// peer that was killed is told from a network that carries nothing. It says nothing where a firewall refuses others.
import { createSocket, type Socket } from "node:dgram";
import { isIPv4 } from "node:net";
import { randomBytes } from "node:crypto";

const INTERVAL_MS = 500;
/** Sent while the peer is there, to see whether somebody else refuses us in its place. */
const TRIALS = 3;
/** Refusals that are believed. */
const REFUSALS = 3;
/** STUN Binding indication without attributes: everybody ignores it. RFC 8489 §5, RFC 8445 §11. */
const INDICATION_HEADER = Buffer.from("001100002112a442", "hex");
const TRANSACTION_ID_BYTES = 12;

export class PeerProbe {
  readonly #address: string;
  readonly #port: number;
  /** The first refusal of a trial. */
  #refusedAtMs = Number.POSITIVE_INFINITY;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #refused = 0;

  /** @param port - of the peer's own socket at an address of its machine, with no router between that changes them */
  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  /** To be called while the peer is heard: who is refused then learns nothing from it later. */
  try(): void {
    this.#ask(() => {
      if (this.#sent >= TRIALS) this.stop();
    });
  }

  /**
   * Asks until `stop`.
   * @param heardMs - when the peer was there for certain, by performance.now()
   * @param onGone - once: nobody listens there any more
   */
  watch(heardMs: number, onGone: () => void): void {
    // A firewall refuses strangers.
    if (this.#refusedAtMs < heardMs) return;
    this.#ask(() => {
      if (this.#refused < REFUSALS) return;
      this.stop();
      onGone();
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** @param look - called before each datagram */
  #ask(look: () => void): void {
    this.stop();
    this.#sent = 0;
    this.#refused = 0;
    const socket = createSocket(isIPv4(this.#address) ? "udp4" : "udp6");
    this.#socket = socket;
    socket.on("error", this.#handleError);
    let state: "open" | "connecting" | "connected" = "open";
    const step = (): void => {
      look();
      if (this.#socket !== socket || state === "connecting") return;
      if (state === "connected") {
        this.#sent += 1;
        socket.send(Buffer.concat([INDICATION_HEADER, randomBytes(TRANSACTION_ID_BYTES)]), this.#handleError);
        return;
      }
      state = "connecting";
      // Without a way there it fails: the next step tries again.
      socket.connect(this.#port, this.#address, (error?: Error) => {
        state = error === undefined ? "connected" : "open";
        if (error === undefined) step();
      });
    };
    this.#timer = setInterval(step, INTERVAL_MS);
    step();
  }

  readonly #handleError = (error: NodeJS.ErrnoException | null): void => {
    if (error?.code !== "ECONNREFUSED") return;
    this.#refused += 1;
    this.#refusedAtMs = Math.min(this.#refusedAtMs, performance.now());
  };
}
