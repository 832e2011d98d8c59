// Our ends of TCP connections, over loopback.
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TcpTransport } from "../../src/rtc/ice/tcp-transport.ts";

const LOOPBACK = "127.0.0.1";
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
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(1), 5_000);
    active.write(Buffer.alloc(30_000, 1), to);
    await vi.waitFor(() => expect(got).toContainEqual(["60000", passive.listeningPort]), 5_000);
    expect(got[0]).toEqual(["40", passive.listeningPort]);
  });

  test("a passive one connects to nobody", async () => {
    const { sockets, port } = await openServer();
    const [passive, active] = [kept(await TcpTransport.passive(LOOPBACK, ANY)), kept(TcpTransport.active(LOOPBACK))];
    passive.write(REQUEST, [LOOPBACK, port]);
    active.write(REQUEST, [LOOPBACK, port]);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), 5_000);
    expect(passive.localPort([LOOPBACK, port])).toBeUndefined();
  });

  test("opens one connection to an address, and no other right after it has ended", async () => {
    const { sockets, port } = await openServer();
    const active = kept(TcpTransport.active(LOOPBACK));
    const to = [LOOPBACK, port] as const;
    for (let count = 0; count < 10; count += 1) active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), 5_000);
    const hasEnded = vi.fn<() => void>();
    active.onWritable = hasEnded;
    sockets[0]?.destroy();
    await vi.waitFor(() => expect(hasEnded).toHaveBeenCalled(), 5_000);
    active.write(REQUEST, to);
    expect(active.localPort(to)).toBeUndefined();
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 2_001);
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(2), 5_000);
  });

  test("says when it takes no more, and when it does again", async () => {
    const { sockets, port } = await openServer();
    const active = kept(TcpTransport.active(LOOPBACK));
    const to = [LOOPBACK, port] as const;
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), 5_000);
    const [socket] = sockets;
    socket?.pause();
    let written = 0;
    await vi.waitFor(() => {
      for (; active.isWritable(to); written += 16_000) active.write(Buffer.alloc(16_000, 1), to);
      expect(written).toBeGreaterThan(256 * 1_024);
    });
    const isWritable = new Promise<void>((resolve) => {
      active.onWritable = resolve;
    });
    socket?.resume();
    await isWritable;
    expect(active.isWritable(to)).toBe(true);
  });

  test("ends with what was written before", async () => {
    const { sockets, port } = await openServer();
    const active = TcpTransport.active(LOOPBACK);
    const to = [LOOPBACK, port] as const;
    active.write(REQUEST, to);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), 5_000);
    let bytes = 0;
    sockets[0]?.on("data", (chunk) => {
      bytes += chunk.length;
    });
    active.write(Buffer.alloc(60_000, 1), to);
    await active.close();
    await vi.waitFor(() => expect(bytes).toBe(60_000 + 2 + REQUEST.length + 2), 5_000);
  });

  test("takes the next port of its range", async () => {
    const first = kept(await TcpTransport.passive(LOOPBACK, ANY)).listeningPort;
    const next = kept(await TcpTransport.passive(LOOPBACK, { first, last: 65_535 }));
    expect(next.listeningPort).toBeGreaterThan(first);
    await expect(TcpTransport.passive(LOOPBACK, { first, last: first })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
