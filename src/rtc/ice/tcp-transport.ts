// The TCP connections of one candidate, in place of a UDP socket: datagrams are sent to an address, and come from one.
// An active candidate connects to an address when something is sent to it, a passive one listens. RFC 6544 §4, §7.
import { setImmediate as nextTurn } from "node:timers/promises";
import { connect, createServer, isIPv4, type Server, type Socket } from "node:net";
import { withoutZone } from "../../lib/address.ts";
import type { PortRange } from "../../lib/errors/params.ts";
import type { Receive, WeriftPair, WeriftRelay } from "../werift.ts";
import { type Stranger, StrangerRoom } from "./stranger-room.ts";
import { TcpConnection } from "./tcp-connection.ts";

/** Connections of a candidate beside those of strangers; a new one evicts the one that was silent longest. */
export const MAX_CONNECTIONS = 16;
const CONNECT_MS = 4_000;
/** The pause after a connection that could not be opened, or ended. */
const RECONNECT_MS = 2_000;
/** Addresses whose pause is remembered: more than are ever tried within one. */
export const MAX_PAUSES = 256;

type Address = readonly [address: string, port: number];

export class TcpTransport {
  readonly type = "tcp";
  readonly addressFamily: 4 | 6;
  closed = false;
  /** Receives each datagram. */
  onData: Receive = () => {};
  /** `isWritable` is true again for some address, or its connection is gone. */
  onWritable: () => void = () => {};
  readonly #localAddress: string;
  /** The connections by remote address; of those that are no strangers, the one heard last is at the end. */
  readonly #connections = new Map<string, TcpConnection>();
  readonly #room: StrangerRoom;
  readonly #strangers = new Map<TcpConnection, Stranger>();
  /** The time before which no connection to an address is opened; entries that have passed are removed. */
  readonly #notBeforeMs = new Map<string, number>();
  #server: Server | undefined;

  private constructor(localAddress: string, room: StrangerRoom) {
    this.#localAddress = localAddress;
    this.#room = room;
    this.addressFamily = isIPv4(localAddress) ? 4 : 6;
  }

  /** Opens connections from a local address to each destination. */
  static active(localAddress: string): TcpTransport {
    return new TcpTransport(localAddress, new StrangerRoom());
  }

  /**
   * Accepts connections at a local address.
   * @param ports - tried in order
   * @param room - the places for those who have not shown yet that they know our file
   * @throws the system's error where none can be used
   */
  static async passive(localAddress: string, ports: PortRange, room = new StrangerRoom()): Promise<TcpTransport> {
    const transport = new TcpTransport(localAddress, room);
    for (let port = ports.first; ; port += 1) {
      try {
        transport.#server = await listen(localAddress, port, (socket) => transport.#accept(socket));
        return transport;
      } catch (error) {
        if (port >= ports.last || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      }
    }
  }

  /** The port of a passive candidate. */
  get listeningPort(): number {
    const address = this.#server?.address();
    if (typeof address !== "object" || address === null) throw new TypeError("it does not listen");
    return address.port;
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (this.closed || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const address = withoutZone(remoteAddress);
    const connection = this.#add(socket, [address, remotePort], true);
    const stranger: Stranger = {
      address,
      destroy: () => {
        connection.destroy();
      },
    };
    this.#strangers.set(connection, stranger);
    this.#room.admit(stranger);
  }

  #connect([address, port]: Address): TcpConnection | undefined {
    const key = keyOf([address, port]);
    const isEarly = performance.now() < (this.#notBeforeMs.get(key) ?? 0);
    if (this.#server !== undefined || this.closed || isEarly || this.#connections.size >= MAX_CONNECTIONS)
      return undefined;
    const socket = connect({ host: address, port, localAddress: this.#localAddress });
    const timer = setTimeout(() => socket.destroy(), CONNECT_MS);
    const cancel = (): void => {
      clearTimeout(timer);
    };
    socket.once("connect", cancel).once("close", cancel);
    return this.#add(socket, [address, port], false);
  }

  #add(socket: Socket, [address, port]: Address, isStranger: boolean): TcpConnection {
    const key = keyOf([address, port]);
    const connection: TcpConnection = new TcpConnection(socket, isStranger, {
      onFrame: (frame) => {
        this.onData(frame, [address, port]);
      },
      onWritable: () => {
        this.onWritable();
      },
      onClose: () => {
        this.#release(connection);
        if (this.#connections.get(key) !== connection) return;
        this.#connections.delete(key);
        if (this.#server === undefined) this.#pause(key);
        this.onWritable();
      },
    });
    this.#connections.set(key, connection);
    return connection;
  }

  #pause(key: string): void {
    const [oldest] = this.#notBeforeMs.keys();
    if (oldest !== undefined && this.#notBeforeMs.size >= MAX_PAUSES) this.#notBeforeMs.delete(oldest);
    this.#notBeforeMs.delete(key);
    this.#notBeforeMs.set(key, performance.now() + RECONNECT_MS);
  }

  #release(connection: TcpConnection): void {
    const stranger = this.#strangers.get(connection);
    if (stranger === undefined) return;
    this.#strangers.delete(connection);
    this.#room.release(stranger);
  }

  /** Sends a datagram, over a new connection if need be; a datagram that cannot be sent is lost. */
  write(datagram: Buffer, to: Address): void {
    const connection = this.#connections.get(keyOf(to)) ?? this.#connect(to);
    connection?.write(datagram);
  }

  /** Sends as werift's sockets do: for checks and answers, which are lost where there is a queue already. */
  send(datagram: Buffer, to: Address): Promise<void> {
    if (this.isWritable(to)) this.write(datagram, to);
    return Promise.resolve();
  }

  /** Tests whether more can be sent to that address without queueing. */
  isWritable(to: Address): boolean {
    return this.#connections.get(keyOf(to))?.isWritable ?? true;
  }

  /** Tests whether what is sent to that address leaves soon enough for a call, also where data keeps a queue filled. */
  isPrompt(to: Address): boolean {
    return this.#connections.get(keyOf(to))?.isPrompt ?? true;
  }

  /** The other end at that address has shown that it knows our file. */
  trust(from: Address): void {
    const key = keyOf(from);
    const connection = this.#connections.get(key);
    if (connection === undefined) return;
    // This is the one heard last.
    this.#connections.delete(key);
    this.#connections.set(key, connection);
    if (!connection.isStranger) return;
    connection.trust();
    this.#release(connection);
    const known = [...this.#connections.values()].filter((other) => !other.isStranger);
    if (known.length > MAX_CONNECTIONS) known[0]?.destroy();
  }

  /** The local port of the connection to that address. */
  localPort(to: Address): number | undefined {
    return this.#connections.get(keyOf(to))?.localPort;
  }

  /** Resolves when everything is closed. */
  async close(): Promise<void> {
    this.closed = true;
    const connections = [...this.#connections.values()].map((connection) => connection.close());
    this.#server?.close();
    await Promise.all(connections);
    // The system's handles are released with the next turn of the loop.
    await nextTurn();
  }
}

function keyOf([address, port]: Address): string {
  return `${address} ${port}`;
}

function listen(host: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(onConnection);
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      // A connection that cannot be accepted does not count.
      server.on("error", () => {});
      resolve(server);
    });
  });
}

/** The connections of a TCP candidate; undefined for a UDP candidate. */
export function tcpOf(protocol: WeriftPair["protocol"] | WeriftRelay): TcpTransport | undefined {
  const { transport } = protocol as { transport?: unknown };
  return transport instanceof TcpTransport ? transport : undefined;
}
