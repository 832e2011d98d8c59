// A STUN and a TURN server on loopback whose answers the test decides.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { TurnServer } from "../../src/index.ts";
import { loadWerift } from "../../src/rtc/werift.ts";
import { bindingResponse } from "./stun-server.mjs";

export const LOOPBACK = "127.0.0.1";
/** What the servers say that we look like. */
export const ROUTER = "198.51.100.7";

/** A STUN server behind which the router is played by the test. */
export class StunServer {
  /** From which of our ports it was asked. */
  readonly askedFrom: number[] = [];
  mappedPort = 40_000;
  isSilent = false;
  readonly #socket: Socket = createSocket("udp4");

  async open(): Promise<string> {
    this.#socket.on("message", (request, from) => {
      this.askedFrom.push(from.port);
      const response = bindingResponse(request, { address: ROUTER, port: this.mappedPort });
      if (response !== undefined && !this.isSilent) this.#socket.send(response, from.port, from.address);
    });
    this.#socket.bind(0, LOOPBACK);
    await once(this.#socket, "listening");
    return `stun:${LOOPBACK}:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }
}

/** A TURN server that gives relays to everybody, and forgets them when the test says so. RFC 8656 §7.2, §8.2. */
export class RelayServer {
  refreshCount = 0;
  readonly #socket: Socket = createSocket("udp4");
  /** The relay of each port of ours. */
  readonly #relays = new Map<number, number>();
  #nextRelay = 50_000;

  async open(): Promise<TurnServer> {
    const { classes, Message, methods, parseMessage } = loadWerift();
    this.#socket.on("message", (datagram, from) => {
      const request = parseMessage(datagram);
      if (request === undefined) return;
      const isRefresh = request.messageMethod === methods.REFRESH;
      if (isRefresh) this.refreshCount += 1;
      else this.#relays.set(from.port, this.#nextRelay++);
      const isKnown = this.#relays.has(from.port);
      const kind = isKnown ? classes.RESPONSE : classes.ERROR;
      const response = new Message(request.messageMethod, kind, request.transactionId);
      if (isKnown) response.setAttribute("LIFETIME", 600);
      else response.setAttribute("ERROR-CODE", [437, "Allocation Mismatch"]);
      if (!isRefresh) {
        response.setAttribute("XOR-RELAYED-ADDRESS", [ROUTER, this.#relays.get(from.port)]);
        response.setAttribute("XOR-MAPPED-ADDRESS", [LOOPBACK, from.port]);
      }
      this.#socket.send(response.bytes, from.port, from.address);
    });
    this.#socket.bind(0, LOOPBACK);
    await once(this.#socket, "listening");
    return { url: `turn:${LOOPBACK}:${this.#socket.address().port}`, user: "user", password: "password" };
  }

  forget(): void {
    this.#relays.clear();
  }

  close(): void {
    this.#socket.close();
  }
}
