// `--via mqtt:` over mosquitto as Debian brings it (MQTT 5): both roles, two offers, a side that is killed, and TLS by an
// authority of one's own.
import { type TestContext, test } from "vitest";
import { brokerAt, type BrokerMessage } from "../../src/pairing/carriers/mqtt/broker.ts";
import { parseBrokerAddress } from "../../src/pairing/carriers/mqtt/broker-address.ts";
import { keepEachOther } from "../support/contacts.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { answer, exits, offer, people, type Running, until } from "../support/processes.ts";

const KNOWN = { P2P_PASSPHRASE: "able crane mutual ghost upon river" };
const PATIENCE_MS = 60_000;
const statesOf = (side: Running): string[] => side.eventsOf("carrier").map(({ state }) => state);

/** Reads all that is on the broker, as any of its users can. */
async function listener(t: TestContext, url: string): Promise<BrokerMessage[]> {
  const address = parseBrokerAddress(url);
  if (typeof address === "string") throw new TypeError(address);
  const heard: BrokerMessage[] = [];
  const request = { clientId: "listener", filters: ["#"], willTopic: "nobody", maxPayloadBytes: 1_000_000 };
  const link = await brokerAt(address)(request, { onMessage: (message) => heard.push(message), onLost: () => {} });
  t.onTestFinished(() => link.close());
  return heard;
}

test("connects in both roles, and who reads every topic learns nothing", async (t) => {
  const { url } = await startMosquitto(t);
  const heard = await listener(t, url);
  const { ann, bob } = await people(t, "ann", "bob");
  const args = ["--json", "--no-chat", "--via", url, "-m", "hi"];
  const sides = { ann: offer(ann, args, { env: KNOWN }), bob: answer(bob, args, { env: KNOWN }) };
  t.expect(await exits(sides, PATIENCE_MS)).toEqual([0, 0]);
  t.expect(statesOf(sides.ann)).toContain("delivered");
  const isRemoved = (): boolean => heard.filter(({ payload }) => payload.length === 0).length >= 2;
  await until(isRemoved, "both have removed what they left", PATIENCE_MS);
  t.expect(new Set(heard.map(({ payload }) => payload.length))).toEqual(new Set([0, 4_136]));
  const everything = heard.map(({ topic, payload }) => `${topic}\n${Buffer.from(payload).toString("latin1")}`);
  const secrets = ["sdp", "candidate", "ufrag", "127.0.0.1", "offer", "answer", ...KNOWN.P2P_PASSPHRASE.split(" ")];
  for (const secret of secrets) t.expect(everything.join("\n")).not.toContain(secret);
  const last = new Map(heard.map(({ topic, payload }) => [topic, payload.length]));
  t.expect([...last.values()]).toEqual([0, 0]);
});

test("two offers, after a third one that was killed", async (t) => {
  const { url } = await startMosquitto(t);
  const { ann, bob } = await people(t, "ann", "bob");
  const args = ["--json", "--no-chat", "--via", url, "-m", "hi"];
  const dead = offer(ann, args, { env: KNOWN });
  await dead.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
  await dead.kill();
  const sides = { ann: offer(ann, args, { env: KNOWN }), bob: offer(bob, args, { env: KNOWN }) };
  t.expect(await exits(sides, PATIENCE_MS)).toEqual([0, 0]);
  const roles = [sides.ann, sides.bob].map((side) => side.eventsOf("connected")[0]?.role);
  t.expect(new Set(roles)).toEqual(new Set(["answer", "offer"]));
});

test("two who have kept each other meet by --to in both roles, and who reads every topic learns nothing", async (t) => {
  const { url } = await startMosquitto(t);
  const heard = await listener(t, url);
  const { ann, bob, eve } = await people(t, "ann", "bob", "eve");
  await keepEachOther(ann, bob);
  const args = ["--json", "--no-chat", "--via", url, "-m", "hi"];
  // Somebody waits by a passphrase on the same broker, and is passed over.
  const stranger = answer(eve, args, { env: KNOWN });
  await stranger.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
  for (const [anns, bobs] of [
    [offer, answer],
    [answer, offer],
  ] as const) {
    const sides = { ann: anns(ann, [...args, "--to", "Bob"]), bob: bobs(bob, [...args, "--to", "王芳"]) };
    t.expect(await exits(sides, PATIENCE_MS)).toEqual([0, 0]);
    t.expect(sides.ann.stderr).toContain("this is the Bob you verified");
    t.expect(statesOf(sides.bob)).toContain("delivered");
  }
  t.expect(statesOf(stranger)).toEqual(["waiting"]);
  stranger.signal("SIGINT");
  t.expect(await stranger.exit(PATIENCE_MS)).toBe(130);
  const isRemoved = (): boolean => heard.filter(({ payload }) => payload.length === 0).length >= 5;
  await until(isRemoved, "all have removed what they left", PATIENCE_MS);
  t.expect(new Set(heard.map(({ payload }) => payload.length))).toEqual(new Set([0, 4_136]));
  const everything = heard.map(({ topic, payload }) => `${topic}\n${Buffer.from(payload).toString("latin1")}`);
  for (const secret of ["sdp", "candidate", "127.0.0.1", "signature"])
    t.expect(everything.join("\n")).not.toContain(secret);
});

test("over TLS, by an authority of one's own and by no other", async (t) => {
  const { url, certificate } = await startMosquitto(t, true);
  const { ann, bob } = await people(t, "ann", "bob");
  const args = ["--json", "--no-chat", "--via", url, "-m", "hi"];
  const env = { ...KNOWN, NODE_EXTRA_CA_CERTS: certificate };
  const sides = { ann: offer(ann, args, { env }), bob: answer(bob, args, { env }) };
  t.expect(await exits(sides, PATIENCE_MS)).toEqual([0, 0]);
  const distrustful = offer(ann, ["--no-chat", "--via", url, "-m", "hi"], { env: KNOWN });
  t.expect(await distrustful.exit(PATIENCE_MS)).toBe(3);
  t.expect(distrustful.stderr).toContain("NODE_EXTRA_CA_CERTS");
  const plain = offer(ann, ["--no-chat", "--via", url.replace("mqtts", "mqtt"), "-m", "hi"], { env: KNOWN });
  t.expect(await plain.exit(PATIENCE_MS)).toBe(3);
  t.expect(plain.stderr).toContain("whether it wants mqtt: or mqtts:");
});
