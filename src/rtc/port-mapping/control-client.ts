// The PCP and NAT-PMP client: asks a gateway by PCP, and by NAT-PMP when it does not support PCP; both use one UDP
// socket to one port. RFC 6887, RFC 6886. Only the gateway's datagrams are received: the socket is connected to it.
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Endpoint } from "../../nat/mapping.ts";
import { Epoch } from "../../nat/port-mapping/epoch.ts";
import type { Grant, PortWish } from "../../nat/port-mapping/granted.ts";
import {
  decodeAddressAnswer,
  decodeMapAnswer,
  encodeAddressRequest,
  encodeMapRequest,
} from "../../nat/port-mapping/nat-pmp.ts";
import {
  decodePcpMap,
  encodePcpMap,
  NONCE_BYTES,
  type PcpAnswer,
  type PcpRequest,
} from "../../nat/port-mapping/pcp.ts";
import { LIFETIME_SECONDS, type MappingClient } from "./mapping-client.ts";

/** RFC 6886 §3.1, for PCP as well: the 3 s of RFC 6887 §8.1.1 are too long for a router one hop away. */
const FIRST_WAIT_MS = 250;
/** 3.75 s in total. */
const TRIES = 4;
/** Fewer tries for PCP: a router that supports only NAT-PMP should say so, and some stay silent. 0.75 s. */
const TRIES_OF_PCP = 2;

export class ControlClient implements MappingClient {
  readonly #address: string;
  readonly #gateway: Endpoint;
  readonly #socket = createSocket("udp4");
  /** Called when the router has restarted and lost the mappings that it had granted. */
  readonly #onForgotten: () => void;
  readonly #epoch = new Epoch();
  /** One nonce for each mapping: nobody else can ask about it. RFC 6887 §11.2 */
  readonly #nonces = new Map<string, Uint8Array>();
  #spoken: "pcp" | "nat-pmp" | undefined;
  /** Reject callbacks of the pending requests. */
  readonly #failures = new Set<(error: Error) => void>();
  readonly #abort = new AbortController();

  /** @param address - this machine's address, for which ports are mapped */
  constructor(address: string, gateway: Endpoint, onForgotten: () => void) {
    this.#address = address;
    this.#gateway = gateway;
    this.#onForgotten = onForgotten;
    this.#socket.on("error", (error) => {
      for (const fail of this.#failures) fail(error);
    });
  }

  async find(): Promise<void> {
    this.#socket.bind({ address: this.#address, port: 0, exclusive: true });
    const { signal } = this.#abort;
    await once(this.#socket, "listening", { signal });
    this.#socket.connect(this.#gateway.port, this.#gateway.address);
    await once(this.#socket, "connect", { signal });
  }

  get protocol(): "pcp" | "nat-pmp" {
    return this.#spoken ?? "pcp";
  }

  async map(wish: PortWish): Promise<Grant> {
    const byPcp = this.#spoken === "nat-pmp" ? undefined : await this.#mapByPcp(wish);
    if (byPcp !== undefined) return byPcp;
    const grant = await this.#mapByNatPmp(wish);
    this.#spoken = "nat-pmp";
    return grant;
  }

  /** @returns undefined when the router does not seem to support PCP */
  async #mapByPcp(wish: PortWish): Promise<Grant | undefined> {
    let answer: PcpAnswer;
    try {
      answer = await this.#askPcp(wish, LIFETIME_SECONDS, this.#spoken === "pcp" ? TRIES : TRIES_OF_PCP);
    } catch (error) {
      // No answer. A network error would affect NAT-PMP as well.
      if (this.#spoken === "pcp" || !(error instanceof NoAnswer)) throw error;
      return undefined;
    }
    if (answer.type === "other-version") return undefined;
    this.#spoken = "pcp";
    if (answer.type === "refused") throw new Error(`PCP result ${answer.code}`);
    this.#noteEpoch(answer.epochSeconds);
    return answer;
  }

  async #askPcp(wish: PortWish, lifetimeSeconds: number, tries: number): Promise<PcpAnswer> {
    const key = `${wish.transport} ${wish.internalPort}`;
    const nonce = this.#nonces.get(key) ?? Uint8Array.from(randomBytes(NONCE_BYTES));
    this.#nonces.set(key, nonce);
    const clientAddress = this.#address;
    const request: PcpRequest = { ...wish, nonce, clientAddress, lifetimeSeconds };
    return await this.#ask(encodePcpMap(request), (bytes) => decodePcpMap(bytes, request), tries);
  }

  async #mapByNatPmp(wish: PortWish): Promise<Grant> {
    const where = await this.#ask(encodeAddressRequest(), decodeAddressAnswer, TRIES);
    if (where.type === "refused") throw new Error(`NAT-PMP result ${where.code}`);
    const mapped = await this.#ask(
      encodeMapRequest(wish, LIFETIME_SECONDS),
      (bytes) => decodeMapAnswer(bytes, wish),
      TRIES,
    );
    if (mapped.type === "refused") throw new Error(`NAT-PMP result ${mapped.code}`);
    this.#noteEpoch(mapped.epochSeconds);
    const { externalPort, lifetimeSeconds } = mapped;
    return { external: { address: where.address, port: externalPort }, lifetimeSeconds };
  }

  #noteEpoch(epochSeconds: number): void {
    if (this.#epoch.read(epochSeconds, performance.now())) this.#onForgotten();
  }

  async unmap(wish: PortWish): Promise<void> {
    if (this.#spoken === "nat-pmp") {
      await this.#ask(encodeMapRequest(wish, 0), (bytes) => decodeMapAnswer(bytes, wish), 1);
    } else {
      await this.#askPcp(wish, 0, 1);
    }
  }

  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    for (const fail of this.#failures) fail(new NoAnswer());
    this.#socket.close();
  }

  /**
   * Sends a request until it is answered. Rejects after the last try, and when the network reports it undeliverable.
   */
  #ask<Answer>(request: Uint8Array, decode: (bytes: Uint8Array) => Answer | undefined, tries: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#abort.signal.aborted) throw new NoAnswer();
      let timer: NodeJS.Timeout | undefined;
      let sent = 0;
      const end = (): void => {
        clearTimeout(timer);
        this.#socket.off("message", take);
        this.#failures.delete(fail);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const take = (bytes: Buffer): void => {
        const answer = decode(bytes);
        if (answer === undefined) return;
        end();
        resolve(answer);
      };
      const send = (): void => {
        if (sent === tries) {
          fail(new NoAnswer());
          return;
        }
        timer = setTimeout(send, FIRST_WAIT_MS * 2 ** sent);
        sent += 1;
        // A failed send is reported by the callback, and by nothing else.
        this.#socket.send(request, (error) => {
          if (error !== null) fail(error);
        });
      };
      this.#failures.add(fail);
      this.#socket.on("message", take);
      send();
    });
  }
}

class NoAnswer extends Error {
  override readonly name = "NoAnswer";

  constructor() {
    super("no answer");
  }
}
