// An MQTT broker in memory behind the interface of the broker carrier: retained messages, wills, lost connections, and
// whatever a broker that lies does.
import { P2pError } from "../../src/lib/errors/p2p-error.ts";
import type { BrokerEvents, BrokerRequest, ConnectBroker, Leaving } from "../../src/pairing/carriers/mqtt/broker.ts";

interface Client {
  readonly request: BrokerRequest;
  readonly events: BrokerEvents;
}

export class FakeBroker {
  /** The retained messages, by topic. */
  readonly retained = new Map<string, Uint8Array>();
  /** Everything that was ever published, in its order. */
  readonly seen: Leaving[] = [];
  /** A broker that nobody reaches. */
  isDown = false;
  /** It removes nothing when a connection is lost. */
  forgetsWills = false;
  /** It ends each connection together with this reply of its own. */
  endsWhen: "connected" | "published" | undefined;
  readonly #clients = new Set<Client>();

  readonly connect: ConnectBroker = async (request, events) => {
    await Promise.resolve();
    if (this.isDown) throw unreachable();
    const client = { request, events };
    this.#clients.add(client);
    for (const [topic, payload] of this.retained) {
      if (matches(request, topic)) queueMicrotask(() => events.onMessage({ topic, payload, isRetained: true }));
    }
    if (this.endsWhen === "connected") this.#end(client);
    return {
      publish: async (leaving) => {
        await Promise.resolve();
        if (!this.#clients.has(client)) throw unreachable();
        this.publish(leaving, client);
        if (this.endsWhen === "published") this.#end(client);
      },
      close: async () => {
        await Promise.resolve();
        this.#clients.delete(client);
      },
    };
  };

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Publishes as one of the clients, or as somebody else. */
  publish(leaving: Leaving, author?: Client): void {
    const { topic, payload, keepSeconds } = leaving;
    this.seen.push(leaving);
    if (keepSeconds !== undefined && payload.length > 0) this.retained.set(topic, payload);
    else if (keepSeconds !== undefined) this.retained.delete(topic);
    for (const client of this.#clients) {
      if (client !== author && matches(client.request, topic)) {
        client.events.onMessage({ topic, payload, isRetained: false });
      }
    }
  }

  #end(client: Client): void {
    this.#clients.delete(client);
    client.events.onLost(unreachable());
  }

  /** Loses every connection. */
  drop(): void {
    const lost = [...this.#clients];
    this.#clients.clear();
    for (const { request, events } of lost) {
      if (!this.forgetsWills) this.publish({ topic: request.willTopic, payload: new Uint8Array(), keepSeconds: 0 });
      events.onLost(unreachable());
    }
  }
}

function matches({ filters }: BrokerRequest, topic: string): boolean {
  const places = filters.map((filter) => filter.replace(/\+$/, ""));
  return places.some((place) => topic.startsWith(place) && !topic.slice(place.length).includes("/"));
}

function unreachable(): P2pError {
  return new P2pError("BROKER_UNREACHABLE", { url: "mqtt://broker.example", reason: "ECONNREFUSED" });
}
