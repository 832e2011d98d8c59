// Our ends of TCP connections, over loopback.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MAX_PROMPT_MS, MAX_QUEUED_BYTES } from "../../src/rtc/ice/tcp-connection.ts";
import { MAX_CONNECTIONS, MAX_PAUSES, TcpTransport } from "../../src/rtc/ice/tcp-transport.ts";

const LOOPBACK = "127.0.0.1";
const PATIENCE_MS = 60_000;
const ANY = { first: 0, last: 0 };
const REQUEST = Buffer.from("000100002112a442000000000000000000000000", "hex");
const closing: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function kept(transport: TcpTransport): TcpTransport {
  closing.push(() => transport.close());
  return transport;
}

/** A server that is not ours, and the connections that it has. */
async function openServer(): Promise<{ server: Server; sockets: Socket[]; port: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
  });
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return { server, sockets, port: (server.address() as AddressInfo).port };
}

describe("TcpTransport", () => {
  test("carries datagrams both ways, and tells from where they come", async () => {
    const [passive, active] = [kept(await TcpTransport.passive(LOOPBACK, ANY)), kept(TcpTransport.active(LOOPBACK))];
    const to = [LOOPBACK, passive.listeningPort] as const;
    const got: [string, number][] = [];
    passive.onData = (datagram, from) => {
      passive.trust(from);
      passive.write(Buffer.concat([datagram, datagram]), from);
    };
    active.onData = ({ length }, [, port]) => got.push([`${length}`, port]);
    active.write(REQUEST, to);
    active.write(Buffer.alloc(20_000, 1), to);
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(1), PATIENCE_MS);
    active.write(Buffer.alloc(30_000, 1), to);
    await vi.waitFor(() => expect(got).toContainEqual(["60000", passive.listeningPort]), PATIENCE_MS);
    expect(got[0]).toEqual(["40", passive.listeningPort]);
  });

  test("a passive one connects to nobody", async () => {
    const { sockets, port } = await openServer();
    const [passive, active] = [kept(await TcpTransport.passive(LOOPBACK, ANY)), kept(TcpTransport.active(LOOPBACK))];
    passive.write(REQUEST, [LOOPBACK, port]);
    active.write(REQUEST, [LOOPBACK, port]);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), PATIENCE_MS);
    expect(passive.localPort([LOOPBACK, port])).toBeUndefined();
  });

  test("opens one connection to an address, and no other right after it has ended", async () => {
    const { sockets, port } = await openServer();
    const active = kept(TcpTransport.active(LOOPBACK));
    const to = [LOOPBACK, port] as const;
    for (let count = 0; count < 10; count += 1) active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), PATIENCE_MS);
    const hasEnded = vi.fn<() => void>();
    active.onWritable = hasEnded;
    sockets[0]?.destroy();
    await vi.waitFor(() => expect(hasEnded).toHaveBeenCalled(), PATIENCE_MS);
    active.write(REQUEST, to);
    expect(active.localPort(to)).toBeUndefined();
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 2_001);
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(2), PATIENCE_MS);
  });

  test("remembers so many ends that it waits for, the latest", async () => {
    const closed = await openServer();
    const active = kept(TcpTransport.active(LOOPBACK));
    await new Promise((resolve) => closed.server.close(resolve));
    // Nobody waits longer than this test takes.
    vi.spyOn(performance, "now").mockReturnValue(performance.now());
    const endOf = (at: number) => [`127.1.${at >> 8}.${(at & 0xff) + 1}`, closed.port] as const;
    const refused = (at: number) =>
      new Promise<void>((resolve) => {
        active.onWritable = resolve;
        active.write(REQUEST, endOf(at));
      });
    for (let at = 0; at <= MAX_PAUSES; at += 1) await refused(at);
    const isTried = vi.fn<() => void>();
    active.onWritable = isTried;
    for (const at of [1, MAX_PAUSES / 2, MAX_PAUSES]) active.write(REQUEST, endOf(at));
    // The first one made room for the last, and so it is tried again; the others are not.
    await refused(0);
    expect(isTried).not.toHaveBeenCalled();
  });

  test("says when it takes no more, and when it does again", async () => {
    const { sockets, port } = await openServer();
    const active = kept(TcpTransport.active(LOOPBACK));
    const to = [LOOPBACK, port] as const;
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), PATIENCE_MS);
    const [socket] = sockets;
    socket?.pause();
    let written = 0;
    await vi.waitFor(() => {
      for (; active.isWritable(to); written += 16_000) active.write(Buffer.alloc(16_000, 1), to);
      expect(written).toBeGreaterThan(256 * 1_024);
    }, PATIENCE_MS);
    const isWritable = new Promise<void>((resolve) => {
      active.onWritable = resolve;
    });
    socket?.resume();
    await isWritable;
    expect(active.isWritable(to)).toBe(true);
  });

  test("takes what is urgent beside a filled queue, unless that has not moved for a while", async (t) => {
    let nowMs = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    t.onTestFinished(() => clock.mockRestore());
    const { sockets, port } = await openServer();
    const active = kept(TcpTransport.active(LOOPBACK));
    const to = [LOOPBACK, port] as const;
    expect(active.isPrompt(to)).toBe(true);
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), PATIENCE_MS);
    const [socket] = sockets;
    socket?.pause();
    // Each round is one turn later: what the system has taken has left.
    await vi.waitFor(() => {
      const isFull = !active.isWritable(to);
      while (active.isWritable(to)) active.write(Buffer.alloc(16_000, 1), to);
      expect(isFull).toBe(true);
    }, PATIENCE_MS);
    active.write(REQUEST, to);
    nowMs += MAX_PROMPT_MS - 1;
    expect(active.isPrompt(to)).toBe(true);
    nowMs += 1;
    expect(active.isPrompt(to)).toBe(false);
    socket?.resume();
    await vi.waitFor(() => expect(active.isPrompt(to)).toBe(true), PATIENCE_MS);
  });

  test("queues no more than so much for an end that does not read, and no answers for it at all", async () => {
    const { sockets, port } = await openServer();
    const active = kept(TcpTransport.active(LOOPBACK));
    const to = [LOOPBACK, port] as const;
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), PATIENCE_MS);
    const [socket] = sockets;
    let bytes = 0;
    socket?.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const datagram = Buffer.alloc(65_000, 1);
    // In one turn: nothing is read between.
    for (let written = 0; written < 3 * MAX_QUEUED_BYTES; written += datagram.length) active.write(datagram, to);
    expect(active.isWritable(to)).toBe(false);
    for (let count = 0; count < 1_000; count += 1) void active.send(datagram, to);
    await active.close();
    await vi.waitFor(() => expect(bytes).toBeGreaterThan(MAX_QUEUED_BYTES), PATIENCE_MS);
    expect(bytes).toBeLessThan(MAX_QUEUED_BYTES + 2 * datagram.length);
  });

  /** Somebody who connects, and says something. */
  async function visitor(port: number, bytes: Uint8Array): Promise<Socket> {
    const socket = connect(port, LOOPBACK);
    closing.push(() => socket.destroy());
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write(bytes);
    return socket;
  }

  const FRAMED = Buffer.concat([Buffer.of(0, REQUEST.length), REQUEST]);

  test("keeps so many connections of those who know our file; the one that was silent longest goes", async () => {
    const passive = kept(await TcpTransport.passive(LOOPBACK, ANY));
    let trusted = 0;
    passive.onData = (_, from) => {
      passive.trust(from);
      trusted += 1;
    };
    const visitors: Socket[] = [];
    for (let count = 0; count < MAX_CONNECTIONS; count += 1) {
      visitors.push(await visitor(passive.listeningPort, FRAMED));
      await vi.waitFor(() => expect(trusted).toBe(count + 1), PATIENCE_MS);
    }
    // The first one is heard again.
    visitors[0]?.write(FRAMED);
    await vi.waitFor(() => expect(trusted).toBe(MAX_CONNECTIONS + 1), PATIENCE_MS);
    const gone = once(visitors[1] as Socket, "close");
    await visitor(passive.listeningPort, FRAMED);
    await gone;
    expect(visitors.map(({ destroyed }) => destroyed)).toEqual(visitors.map((_, index) => index === 1));
  });

  test("listens to a few messages of a stranger", async () => {
    const passive = kept(await TcpTransport.passive(LOOPBACK, ANY));
    let seen = 0;
    passive.onData = () => {
      seen += 1;
    };
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => FRAMED));
    // Frames without anything in them.
    for (const bytes of [flood, Buffer.alloc(100_000)]) {
      const socket = await visitor(passive.listeningPort, bytes);
      await new Promise((resolve) => {
        socket.once("close", resolve);
      });
    }
    expect(seen).toBe(16);
  });

  test("ends with what was written before", async () => {
    const { sockets, port } = await openServer();
    const active = TcpTransport.active(LOOPBACK);
    const to = [LOOPBACK, port] as const;
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), PATIENCE_MS);
    let bytes = 0;
    sockets[0]?.on("data", (chunk) => {
      bytes += chunk.length;
    });
    active.write(Buffer.alloc(60_000, 1), to);
    await active.close();
    await vi.waitFor(() => expect(bytes).toBe(60_000 + 2 + REQUEST.length + 2), PATIENCE_MS);
  });

  test("takes the next port of its range", async () => {
    const first = kept(await TcpTransport.passive(LOOPBACK, ANY)).listeningPort;
    const next = kept(await TcpTransport.passive(LOOPBACK, { first, last: 65_535 }));
    expect(next.listeningPort).toBeGreaterThan(first);
    await expect(TcpTransport.passive(LOOPBACK, { first, last: first })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
