// Detects that the peer's machine is up but its program is not: a datagram to the peer's own port is refused (ICMP port
// unreachable, RFC 1122 §3.2.2.1), which only a socket connected to that port alone learns of. This distinguishes a
// peer that was killed from a network that carries nothing. It proves nothing where a firewall refuses strangers.
import { createSocket, type Socket } from "node:dgram";
import { isIPv4 } from "node:net";
import { randomBytes } from "node:crypto";

const INTERVAL_MS = 500;
/** Trials that are sent while the peer is alive, to find out whether something else refuses us in its place. */
const TRIALS = 3;
/** Refusals needed before they are believed. */
const REFUSALS = 3;
/** STUN Binding indication without attributes: every receiver ignores it. RFC 8489 §5, RFC 8445 §11. */
const INDICATION_HEADER = Buffer.from("001100002112a442", "hex");
const TRANSACTION_ID_BYTES = 12;

export class PeerProbe {
  readonly #address: string;
  readonly #port: number;
  /** When the first trial was refused. */
  #refusedAtMs = Number.POSITIVE_INFINITY;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #refused = 0;

  /**
   * @param port - the port of the peer's own socket at an address of its machine, with no router between that
   *   translates it
   */
  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  /** To be called while the peer is heard: a refusal now means that later ones prove nothing. */
  try(): void {
    this.#ask(() => {
      if (this.#sent >= TRIALS) this.stop();
    });
  }

  /**
   * Probes until `stop`.
   * @param heardMs - when the peer was last known to be alive, by performance.now()
   * @param onGone - called once, when nobody listens at the port any more
   */
  watch(heardMs: number, onGone: () => void): void {
    // We were refused while the peer was alive: a firewall refuses strangers.
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
      // Without a route this fails: the next step retries.
      socket.connect(this.#port, this.#address, (error?: Error) => {
        state = error === undefined ? "connected" : "open";
        if (error === undefined) step();
      });
    };
    this.#timer = setInterval(step, INTERVAL_MS);
    step();
  }

  readonly #handleError = (error: NodeJS.ErrnoException | null): void => {
    // Windows reports it as ECONNRESET.
    if (error?.code !== "ECONNREFUSED" && error?.code !== "ECONNRESET") return;
    this.#refused += 1;
    this.#refusedAtMs = Math.min(this.#refusedAtMs, performance.now());
  };
}
