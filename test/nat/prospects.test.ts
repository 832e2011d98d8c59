// What two files say of the chances, between routers of the kinds that there are, before anybody has tried.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import type { MapsPorts } from "../support/miniupnpd.ts";
import { type NatKind, NatLab } from "../support/nat-lab.ts";
import { withSecondServer } from "../support/second-stun-server.ts";
import { carry, OWN_FILE, type Person, people, type Running } from "../support/processes.ts";

interface Pair {
  ann: Person;
  bob: Person;
  offer: Running;
  answer: Running;
}

/** Both have asked two servers, and Bob has Ann's file. */
async function begin(t: TestContext, a: NatKind, b: NatKind, mapsPorts?: MapsPorts): Promise<Pair> {
  const lab = await NatLab.open(t, { kind: a }, { kind: b, ...(mapsPorts === undefined ? {} : { mapsPorts }) });
  const { ann, bob } = await people(t, "ann", "bob");
  const args = [...(await withSecondServer(t, lab, "plain")), "--no-chat", "--json", "-v"];
  const offer = lab.a.host.start(ann, "offer", ...args, "--connect-timeout", "3s");
  await offer.event("local-file");
  await carry(ann, bob);
  const answer = lab.b.host.start(bob, "answer", ...args);
  await answer.event("connecting");
  return { ann, bob, offer, answer };
}

async function natOf({ dir }: Person): Promise<unknown> {
  const { p2p } = JSON.parse(await readFile(join(dir, OWN_FILE), "utf8")) as { p2p: { nat: unknown } };
  return p2p.nat;
}

const OPEN = { udp: "open", ipv6: false, relay: false };

describe.concurrent("prospects", () => {
  test("cone and cone: likely", async (t) => {
    const { ann, bob, answer } = await begin(t, "cone", "cone-random");
    expect(await natOf(ann)).toEqual({ mapping: "endpoint-independent", ...OPEN });
    expect(await natOf(bob)).toEqual({ mapping: "endpoint-independent", ...OPEN });
    await answer.says(/neither router is strict: a direct connection is likely/);
  });

  test("symmetric and symmetric: it will fail, said before it does and after, with what to do", async (t) => {
    const { ann, bob, offer, answer } = await begin(t, "symmetric", "symmetric");
    expect(await natOf(ann)).toEqual({ mapping: "endpoint-dependent", ...OPEN });
    await answer.says(/both sides are behind symmetric NATs: .* will fail.*\np2p: hint: use --turn on one side/);
    expect(answer.eventsOf("error")).toEqual([]);
    await carry(bob, ann);
    await offer.says(/both sides are behind symmetric NATs/);
    expect(await offer.exit()).toBe(3);
    expect(offer.eventsOf("error")).toMatchObject([
      { code: "CANNOT_CONNECT", hint: "use --turn on one side, or forward a port to one side" },
    ]);
    // Beforehand, and with the list of what was tried.
    expect(offer.stderr.match(/both sides are behind symmetric NATs/g)).toHaveLength(2);
  });

  test("symmetric and symmetric with a mapped port: likely", async (t) => {
    const { bob, answer } = await begin(t, "symmetric", "symmetric", "pcp");
    expect(await natOf(bob)).toEqual({ mapping: "endpoint-dependent", ...OPEN, portMapping: true });
    await answer.says(/the router lets the other side in at 11\.0\.22\.11:\d+ \(PCP\), until p2p ends/);
    await answer.says(/the router of one side lets the other in: a direct connection is likely/);
  });

  test("cone and symmetric: it is said which side is the difficult one", async (t) => {
    const { answer } = await begin(t, "cone", "symmetric");
    await answer.says(/this side is behind a symmetric NAT/);
  });
});
