// `p2p doctor` behind routers of the kinds that there are.
import { describe, expect, test, type TestContext } from "vitest";
import type { NetworkReport } from "../../src/command-port.ts";
import { mappedPorts } from "../support/miniupnpd.ts";
import { NatLab, type NatOptions } from "../support/nat-lab.ts";
import { withSecondServer } from "../support/second-stun-server.ts";
import { people, until } from "../support/processes.ts";

async function doctor(t: TestContext, nat: NatOptions): Promise<NetworkReport> {
  const lab = await NatLab.open(t, nat, { kind: "cone" });
  const { ann } = await people(t, "ann");
  const running = lab.a.host.start(ann, "doctor", "--json", ...(await withSecondServer(t, lab, "four-sockets")));
  expect(await running.exit()).toBe(0);
  return JSON.parse(running.stdout) as NetworkReport;
}

describe.concurrent("p2p doctor", () => {
  test("a cone: one port for all, and only those that were sent to get in", async (t) => {
    const found = await doctor(t, { kind: "cone" });
    expect(found).toMatchObject({
      addresses: [{ interface: "eth0", address: "192.168.11.10", kind: "private", used: true }],
      udp: "open",
      mapping: "endpoint-independent",
      filtering: "address-and-port-dependent",
      verdict: "ordinary",
      advice: ["nothing"],
    });
    expect(found.stun.map(({ answers }) => answers[0]?.mapped.split(":")[0])).toEqual([
      "198.51.100.11",
      "198.51.100.11",
    ]);
  });

  test("a symmetric one: a port for each", async (t) => {
    expect(await doctor(t, { kind: "symmetric" })).toMatchObject({
      mapping: "endpoint-dependent",
      filtering: "address-and-port-dependent",
      verdict: "strict",
      advice: ["turn-or-port"],
    });
  });

  test.for(["upnp", "pcp"] as const)("one that maps ports by %s", async (mapsPorts, t) => {
    const lab = await NatLab.open(t, { kind: "cone" }, { kind: "symmetric", mapsPorts });
    const { bob } = await people(t, "bob");
    const running = lab.b.host.start(bob, "doctor", "--json", ...(await withSecondServer(t, lab, "plain")));
    expect(await running.exit()).toBe(0);
    expect(JSON.parse(running.stdout)).toMatchObject({
      verdict: "strict",
      portMapping: {
        state: "granted",
        protocol: mapsPorts,
        external: expect.stringMatching(/^11\.0\.22\.11:\d+$/) as string,
      },
      advice: ["nothing"],
    });
    await until(() => mappedPorts(lab.b.router).length === 0, "the mapping is given back");
  });

  test("one that lets everybody in: a full cone", async (t) => {
    expect(await doctor(t, { kind: "full-cone" })).toMatchObject({
      mapping: "endpoint-independent",
      filtering: "endpoint-independent",
      verdict: "ordinary",
    });
  });

  test("one that drops UDP: blocked, since TCP gets through", async (t) => {
    const found = await doctor(t, { kind: "cone", blocksUdp: true });
    expect(found).toMatchObject({ udp: "blocked", verdict: "udp-blocked", advice: ["turn-tcp"] });
    expect(found).not.toHaveProperty("mapping");
  });
});
