// How the router is asked to map ports, against one of the test's own on loopback: who grants first, what is given back,
// what is asked again, and answers that are not to be believed.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, type TestContext, test } from "vitest";
import { PortMapper, type PortMapperOptions } from "../../src/rtc/port-mapping/port-mapper.ts";
import { defaultGateway, routerPlaces } from "../../src/rtc/port-mapping/router-places.ts";
import { FakeRouter, PUBLIC } from "../support/fake-router.ts";
import { until } from "../support/processes.ts";

const UDP = { transport: "udp", internalPort: 5_000 } as const;
const TCP = { transport: "tcp", internalPort: 5_001 } as const;

async function ask(
  t: TestContext,
  set: (router: FakeRouter) => void,
  options: Partial<PortMapperOptions> = {},
): Promise<{ router: FakeRouter; mapper: PortMapper }> {
  const router = new FakeRouter();
  set(router);
  const places = await router.open();
  const mapper = new PortMapper({ address: "127.0.0.1", places, ports: [UDP, TCP], onChange: () => {}, ...options });
  t.onTestFinished(async () => {
    await mapper.close();
    router.close();
  });
  await mapper.settled;
  return { router, mapper };
}

/** Exactly this was asked; a datagram whose answer comes late is sent again. What is given back at the end is not waited for. */
async function expectAsked(router: FakeRouter, by: "pcp", lines: readonly string[]): Promise<void> {
  await until(() => lines.every((line) => router.askedOf(by).includes(line)), lines.join(", "));
  expect([...new Set(router.askedOf(by))]).toEqual(lines);
}

const at = (port: number): { address: string; port: number } => ({ address: PUBLIC, port });

describe.concurrent("who grants", () => {
  test("PCP: both ports, given back at the end", async (t) => {
    const { router, mapper } = await ask(t, (of) => {
      of.pcp = "grants";
    });
    expect(mapper.protocol).toBe("pcp");
    expect(mapper.mappings).toEqual([
      { ...UDP, external: at(5_000) },
      { ...TCP, external: at(5_001) },
    ]);
    await mapper.close();
    await expectAsked(router, "pcp", ["pcp udp 5000 7200", "pcp tcp 5001 7200", "pcp udp 5000 0", "pcp tcp 5001 0"]);
    expect(router.askedOf("upnp")).toEqual([]);
  });

  test("NAT-PMP while UPnP is being asked: nothing is taken away by UPnP", async (t) => {
    const { router, mapper } = await ask(t, (of) => {
      of.natPmp = "grants";
      of.location = "own";
      of.soapDelayMs = 2_000;
    });
    expect(mapper.protocol).toBe("nat-pmp");
    await mapper.renew();
    expect(router.askedOf("upnp").filter((line) => line.includes("Delete"))).toEqual([]);
  });

  test.for([["other-version"], [undefined]] as const)("NAT-PMP, where PCP is answered with %s", async ([pcp], t) => {
    const { router, mapper } = await ask(t, (of) => {
      of.pcp = pcp;
      of.natPmp = "grants";
    });
    expect(mapper.protocol).toBe("nat-pmp");
    expect(mapper.mappings).toEqual([
      { ...UDP, external: at(5_000) },
      { ...TCP, external: at(5_001) },
    ]);
    await mapper.close();
    await until(
      () => ["nat-pmp 5000 0", "nat-pmp 5001 0"].every((line) => router.askedOf("nat-pmp").includes(line)),
      "both are given back",
    );
  });

  test("UPnP of version 1", async (t) => {
    const { router, mapper } = await ask(t, (of) => {
      of.location = "own";
    });
    expect(mapper.protocol).toBe("upnp");
    expect(mapper.mappings).toEqual([
      { ...UDP, external: at(5_000) },
      { ...TCP, external: at(5_001) },
    ]);
    await mapper.close();
    await until(() => router.askedOf("upnp").includes("upnp DeletePortMapping 5001"), "the second one is given back");
    expect(router.askedOf("upnp")).toEqual([
      "upnp GetExternalIPAddress",
      "upnp AddPortMapping 5000 3600",
      "upnp GetExternalIPAddress",
      "upnp AddPortMapping 5001 3600",
      "upnp DeletePortMapping 5000",
      "upnp DeletePortMapping 5001",
    ]);
    // Many answers of one device are one device.
    expect(router.askedOf("http")).toEqual(["http /desc.xml"]);
  });

  test("UPnP of version 2 gives the port that is free", async (t) => {
    const { router, mapper } = await ask(
      t,
      (of) => {
        of.location = "own";
        of.version = 2;
      },
      { ports: [UDP] },
    );
    expect(mapper.mappings).toEqual([{ ...UDP, external: at(50_000) }]);
    await mapper.close();
    await until(() => router.askedOf("upnp").at(-1) === "upnp DeletePortMapping 50000", "it is given back");
  });

  test("UPnP of version 2 that refuses to choose a port, and has a way out that is not connected", async (t) => {
    const { router, mapper } = await ask(
      t,
      (of) => {
        of.location = "own";
        of.version = 2;
        of.hasUnconnectedWay = true;
        of.faults = [602];
      },
      { ports: [UDP] },
    );
    expect(mapper.mappings).toEqual([{ ...UDP, external: at(5_000) }]);
    expect(router.askedOf("upnp").filter((line) => line.includes("Add"))).toContain("upnp AddPortMapping 5000 3600");
  });

  test("UPnP with permanent mappings only, and a port that is taken", async (t) => {
    const { router, mapper } = await ask(
      t,
      (of) => {
        of.location = "own";
        of.faults = [725, 718, 718];
      },
      { ports: [UDP] },
    );
    expect(router.askedOf("upnp").filter((line) => line.includes("AddPort"))).toEqual([
      "upnp AddPortMapping 5000 3600",
      "upnp AddPortMapping 5000 0",
      expect.stringMatching(/^upnp AddPortMapping \d{5} 0$/),
      expect.stringMatching(/^upnp AddPortMapping \d{5} 0$/),
    ]);
    expect(mapper.mappings[0]?.external.port).toBeGreaterThanOrEqual(49_152);
  });
});

describe.concurrent("who does not", () => {
  test.for<[title: string, set: (router: FakeRouter) => void]>([
    ["nobody answers", () => {}],
    [
      "all refuse",
      (of) => {
        of.pcp = 2;
        of.location = "own";
        of.faults = [606, 606];
      },
    ],
    [
      "NAT-PMP refuses",
      (of) => {
        of.pcp = "other-version";
        of.natPmp = 2;
      },
    ],
    [
      "a mapping of no time",
      (of) => {
        of.pcp = "grants";
        of.lifetimeSeconds = 0;
      },
    ],
    [
      "a mapping at no address",
      (of) => {
        of.pcp = "grants";
        of.location = "own";
        of.external = "0.0.0.0";
      },
    ],
    [
      "PCP with the nonce of another",
      (of) => {
        of.pcp = "forged";
      },
    ],
  ])("%s", async ([, set], t) => {
    const { mapper } = await ask(t, set);
    expect([mapper.mappings, mapper.protocol, mapper.outside]).toEqual([[], undefined, undefined]);
  });

  test("a router behind another router: told, and given back", async (t) => {
    const { router, mapper } = await ask(t, (of) => {
      of.pcp = "grants";
      of.external = "100.64.3.4";
    });
    expect(mapper.mappings).toEqual([]);
    expect(mapper.outside).toEqual({ address: "100.64.3.4", port: 5_000 });
    await expectAsked(router, "pcp", ["pcp udp 5000 7200", "pcp udp 5000 0"]);
  });

  test("nobody takes what is sent to the gateway", async () => {
    const router = new FakeRouter();
    const places = await router.open();
    router.close();
    const mapper = new PortMapper({ address: "127.0.0.1", places, ports: [UDP], onChange: () => {} });
    await mapper.settled;
    await mapper.close();
    expect(mapper.mappings).toEqual([]);
  });

  test("no way to the gateway, and no such address of ours", async () => {
    const places = { control: { address: "192.0.2.1", port: 5_351 }, search: [], isNeighbour: () => true };
    for (const address of ["127.0.0.1", "192.0.2.77"]) {
      const mapper = new PortMapper({ address, places, ports: [UDP], onChange: () => {} });
      await mapper.close();
      await mapper.settled;
      expect(mapper.mappings).toEqual([]);
    }
  });
});

describe.concurrent("what devices say of themselves", () => {
  /** Somebody else in this network, or this machine. */
  async function victim(t: TestContext): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end();
    });
    server.listen(0, "127.0.0.2");
    await once(server, "listening");
    t.onTestFinished(() => void server.close());
    return { url: `http://127.0.0.2:${(server.address() as AddressInfo).port}/`, asked };
  }

  test("nobody is asked whom another device names", async (t) => {
    const { url, asked } = await victim(t);
    const { mapper } = await ask(t, (of) => {
      of.location = url;
    });
    expect([asked, mapper.mappings]).toEqual([[], []]);
  });

  test("nobody is asked whom a redirection or a control URL names", async (t) => {
    const { url, asked } = await victim(t);
    const redirected = await ask(t, (of) => {
      of.location = "own";
      of.answerDescription = (response) => response.writeHead(302, { location: url }).end();
    });
    const controlled = await ask(t, (of) => {
      of.location = "own";
      of.answerDescription = (response) =>
        response.end(
          `<root><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>${url}</controlURL></service></root>`,
        );
    });
    expect(redirected.router.askedOf("http")).toHaveLength(1);
    expect(controlled.router.askedOf("http")).toHaveLength(1);
    expect([asked, redirected.mapper.mappings, controlled.mapper.mappings]).toEqual([[], [], []]);
  });

  test("a description without an end is not read to it", async (t) => {
    let isCut = false;
    const { mapper } = await ask(t, (of) => {
      of.location = "own";
      of.answerDescription = (response) => {
        response.on("close", () => {
          isCut = true;
        });
        const more = (): void => {
          while (!isCut && response.write("<a>".repeat(10_000))) {
            // Until the other end takes no more.
          }
        };
        response.on("drain", more);
        more();
      };
    });
    await until(() => isCut, "the connection is ended");
    expect(mapper.mappings).toEqual([]);
  });

  test("answers of others than neighbours do not count", async (t) => {
    const router = new FakeRouter();
    router.location = "own";
    const places = { ...(await router.open()), isNeighbour: () => false };
    t.onTestFinished(() => {
      router.close();
    });
    const mapper = new PortMapper({ address: "127.0.0.1", places, ports: [UDP], onChange: () => {} });
    await mapper.settled;
    expect([router.askedOf("http"), mapper.mappings]).toEqual([[], []]);
  });
});

describe.concurrent("while it lasts", () => {
  test("asks again at half of the time, and once more when the router has started anew", async (t) => {
    const { router } = await ask(
      t,
      (of) => {
        of.pcp = "grants";
        of.lifetimeSeconds = 1;
      },
      { ports: [UDP], minRenewalMs: 10 },
    );
    await until(() => router.askedOf("pcp").length >= 3, "asked twice more");
    router.epochSeconds = 0;
    const before = router.askedOf("pcp").length;
    await until(() => router.askedOf("pcp").length >= before + 2, "asked for what it has forgotten");
  });

  test("another address is told; a mapping that ends is looked for again", async (t) => {
    let changes = 0;
    const { router, mapper } = await ask(
      t,
      (of) => {
        of.pcp = "grants";
        of.lifetimeSeconds = 1;
      },
      {
        ports: [UDP],
        minRenewalMs: 10,
        onChange: () => {
          changes += 1;
        },
      },
    );
    expect(changes).toBe(1);
    router.external = "45.78.7.8";
    await until(() => mapper.mappings[0]?.external.address === "45.78.7.8", "the new address");
    expect(changes).toBe(2);
    router.pcp = 8;
    await until(() => mapper.mappings.length === 0, "the mapping has ended");
    router.pcp = "grants";
    router.location = "own";
    await until(() => mapper.mappings.length === 1, "there is another one");
  });

  test("a router that comes later is found when it is asked for", async (t) => {
    const { router, mapper } = await ask(t, (of) => {
      of.pcp = 2;
    });
    expect(mapper.mappings).toEqual([]);
    router.pcp = "grants";
    await mapper.renew();
    expect(mapper.mappings).toHaveLength(2);
  });

  test("a side that ends at once leaves nothing behind", async (t) => {
    const router = new FakeRouter();
    router.pcp = "grants";
    const places = await router.open();
    t.onTestFinished(() => {
      router.close();
    });
    const mapper = new PortMapper({ address: "127.0.0.1", places, ports: [UDP], onChange: () => {} });
    await mapper.close();
    await mapper.settled;
    expect(mapper.mappings).toEqual([]);
  });
});

describe("where the router is", () => {
  const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

  test("the default route of an interface, as Linux tells it", () => {
    const routes = `${head}eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;
    expect(defaultGateway(routes, "eth0")).toBe("192.168.1.1");
    expect(defaultGateway(routes, "wlan0")).toBeUndefined();
    expect(defaultGateway("", "eth0")).toBeUndefined();
    expect(defaultGateway(`${head}tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000`, "tun0")).toBeUndefined();
  });

  test.for(["127.0.0.1", "45.78.7.7", "::1", "fd00::1", "192.168.254.253"])(
    "nobody is asked for %s",
    async (address) => {
      expect(await routerPlaces(address)).toBeUndefined();
    },
  );
});
