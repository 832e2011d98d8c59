// `--no-stun` is silent: on a machine of its own, with a way to everywhere, nothing is sent but to the peer.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEFAULT_STUN_SERVERS } from "../../src/nat/stun-servers.ts";
import { Machine } from "../support/network-namespaces.ts";
import { NAME_RESOLVED_EXIT } from "../support/no-names.mjs";
import { carry, OWN_FILE, PEER_FILE, people } from "../support/processes.ts";

/** Where a STUN server could be: a documentation address (RFC 5737). */
const ELSEWHERE = "203.0.113.7";

test("waiting with --no-stun sends nothing at all", async (t) => {
  const [machine] = await Machine.pair();
  const { ann } = await people(t, "ann");
  const capture = await machine.capture();
  const offer = machine.start(ann, "offer", "--no-stun", "--json");
  await offer.event("waiting");
  // It is still watching: a file that cannot serve is named.
  await writeFile(join(ann.dir, PEER_FILE), '{"type":"answer","sdp":"v=0"}');
  await offer.event("error");
  expect(await capture.packets()).toEqual([]);
  expect(offer.hasEnded).toBe(false);
});

test.for<[what: string, args: string[], asked: (router: string) => string[]]>([
  ["to it and to the router", [], (router) => [`${router}:1900`, `${router}:5351`, "239.255.255.250:1900"]],
  ["to it alone with --no-port-mapping", ["--no-port-mapping"], () => []],
])("the same with a server sends %s: the capture sees what is sent", async ([, args, asked], t) => {
  const [machine, router] = await Machine.pair();
  const { ann } = await people(t, "ann");
  const capture = await machine.capture();
  const offer = machine.start(ann, "offer", "--stun", `stun:${ELSEWHERE}`, ...args, "--json");
  await offer.event("waiting");
  const destinations = (await capture.packets()).map(({ to, port }) => `${to}:${port}`);
  expect([...new Set(destinations)].toSorted()).toEqual([`${ELSEWHERE}:3478`, ...asked(router.address)].toSorted());
});

test("a session with --no-stun sends to the peer and to nobody else", async (t) => {
  const machines = await Machine.pair();
  const { ann, bob } = await people(t, "ann", "bob");
  const captures = await Promise.all(machines.map((machine) => machine.capture()));
  const args = ["--no-stun", "--no-chat", "--json", "-m", "hello"];
  const offer = machines[0].start(ann, "offer", ...args);
  await offer.event("local-file");
  await carry(ann, bob);
  const answer = machines[1].start(bob, "answer", ...args);
  await answer.event("local-file");
  await carry(bob, ann);
  expect([await offer.exit(), await answer.exit()]).toEqual([0, 0]);
  const [byAnn = [], byBob = []] = await Promise.all(captures.map((capture) => capture.packets()));
  expect(byAnn.length).toBeGreaterThan(0);
  expect(byAnn.filter(({ to }) => to !== machines[1].address)).toEqual([]);
  expect(byBob.filter(({ to }) => to !== machines[0].address)).toEqual([]);
});

test("the name of a default server is resolved without --no-stun, and not with it", async (t) => {
  const [machine] = await Machine.pair();
  const { ann, bob } = await people(t, "ann", "bob");
  const asking = machine.start(ann, "offer");
  expect(await asking.exit()).toBe(NAME_RESOLVED_EXIT);
  expect(
    DEFAULT_STUN_SERVERS.some((url) => asking.stderr.includes(`${url.split(":")[1]} was about to be resolved`)),
  ).toBe(true);
  const silent = machine.start(bob, "offer", "--no-stun", "--json");
  await silent.event("waiting");
  expect(existsSync(join(bob.dir, OWN_FILE))).toBe(true);
  expect(silent.hasEnded).toBe(false);
});
