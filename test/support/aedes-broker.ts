// A broker in this process (aedes, MQTT 3.1.1) on loopback, with a reader of everything that is on it.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Aedes, type AedesOptions } from "aedes";

export interface LocalBroker {
  readonly port: number;
  readonly url: string;
  /** Every message since the start. `$SYS` is left out. */
  readonly seen: { topic: string; payload: Buffer; isRetained: boolean }[];
  /** The topics that have a retained message. */
  readonly retained: ReadonlySet<string>;
  /** Ends every connection; new ones are taken. */
  drop(): void;
  close(): Promise<void>;
}

export async function startBroker(options: AedesOptions = {}): Promise<LocalBroker> {
  const broker = await Aedes.createBroker(options);
  const seen: LocalBroker["seen"] = [];
  const retained = new Set<string>();
  broker.on("publish", ({ topic, payload, retain }) => {
    if (topic.startsWith("$SYS/")) return;
    const bytes = Buffer.from(payload);
    seen.push({ topic, payload: bytes, isRetained: retain });
    if (retain && bytes.length > 0) retained.add(topic);
    else if (retain) retained.delete(topic);
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    drop();
    server.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  };
  return { port, url: `mqtt://127.0.0.1:${port}`, seen, retained, drop, close };
}
