// `--via mqtt:` with real processes and a broker in this one: both roles, two offers, a lost broker, what is left on it,
// and what each wrong thing is called.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "vitest";
import { type LocalBroker, startBroker } from "../support/aedes-broker.ts";
import { answer, exits, offer, people, type Running, until } from "../support/processes.ts";

const PASSPHRASE = "able crane mutual ghost upon river";
const KNOWN = { env: { P2P_PASSPHRASE: PASSPHRASE } };
/** Two derivations of a second each, beside other tests. */
const PATIENCE_MS = 60_000;

async function brokerFor(t: TestContext, options?: Parameters<typeof startBroker>[0]): Promise<LocalBroker> {
  const broker = await startBroker(options);
  t.onTestFinished(() => broker.close());
  return broker;
}

const statesOf = (side: Running): string[] => side.eventsOf("carrier").map(({ state }) => state);
const codesOf = (side: Running): string[] => side.eventsOf("error").map(({ code }) => code);

describe("a line over a broker", () => {
  test("connects with the passphrase that the offering side has made, and leaves no trace", async (t) => {
    const broker = await brokerFor(t);
    const { ann, bob } = await people(t, "ann", "bob");
    const via = ["--no-chat", "--via", `${broker.url}/our/place`];
    const annSide = offer(ann, [...via, "-m", "hello from ann"]);
    await annSide.says(/^passphrase: ((?:\w+ ){5}\w+)$/m, PATIENCE_MS);
    const [, made = ""] = /^passphrase: (.+)$/m.exec(annSide.stderr) ?? [];
    await annSide.says(/the offer waits at mqtt:/, PATIENCE_MS);
    const bobSide = answer(bob, [...via, "-m", "hello from bob"], { env: { P2P_PASSPHRASE: `  ${made} ` } });
    t.expect(await exits({ ann: annSide, bob: bobSide }, PATIENCE_MS)).toEqual([0, 0]);
    t.expect([annSide.lines, bobSide.lines]).toEqual([["hello from bob"], ["hello from ann"]]);
    t.expect(await readdir(ann.dir)).toEqual([]);
    t.expect(await readdir(bob.dir)).toEqual([]);
    t.expect([...broker.retained]).toEqual([]);
    t.expect(new Set(broker.seen.map(({ payload }) => payload.length))).toEqual(new Set([0, 4_136]));
    const everything = broker.seen.map(({ topic, payload }) => `${topic}\n${payload.toString("latin1")}`).join("\n");
    t.expect(everything).toContain("our/place/");
    const secrets = ["sdp", "candidate", "ufrag", "fingerprint", "127.0.0.1", "offer", "answer", "init", "ready"];
    for (const secret of [...secrets, ...made.split(" "), "hello"]) t.expect(everything).not.toContain(secret);
  });

  test("whoever waits goes on when the other side is killed and when the broker is lost", async (t) => {
    const broker = await brokerFor(t);
    const { ann, bob } = await people(t, "ann", "bob");
    const args = ["--json", "--no-chat", "--via", broker.url, "-m", "hi"];
    const bobSide = answer(bob, args, KNOWN);
    await bobSide.event("carrier", ({ state }) => state === "waiting", PATIENCE_MS);
    const dead = offer(ann, args, KNOWN);
    await bobSide.event("carrier", ({ state }) => state === "present", PATIENCE_MS);
    await dead.kill();
    await until(() => broker.retained.size === 1, "only one side is on the broker", PATIENCE_MS);
    broker.drop();
    await bobSide.event("carrier", ({ state }) => state === "lost", PATIENCE_MS);
    await bobSide.until(() => statesOf(bobSide).at(-1) === "waiting", "it waits again", PATIENCE_MS);
    t.expect(codesOf(bobSide)).toEqual(["BROKER_UNREACHABLE"]);
    const annSide = offer(ann, args, KNOWN);
    t.expect(await exits({ ann: annSide, bob: bobSide }, PATIENCE_MS)).toEqual([0, 0]);
    t.expect(statesOf(annSide)[0]).toBe("waiting");
    t.expect(statesOf(annSide)).toContain("delivered");
    for (const side of [annSide, bobSide]) {
      t.expect(side.eventsOf("local-file")[0]).not.toHaveProperty("path");
      t.expect(side.eventsOf("carrier")[0]).toMatchObject({ via: broker.url });
    }
  });
});

describe("what is wrong is said, with the cure", () => {
  test("a broker that wants a login", async (t) => {
    const broker = await brokerFor(t, {
      authenticate: (_client, user, password, done) =>
        done(null, user === "me" && String(password ?? "") === "open sesame"),
    });
    const { ann, bob } = await people(t, "ann", "bob");
    const args = ["--no-chat", "--via", broker.url, "-m", "hi"];
    const nobody = offer(ann, args, KNOWN);
    t.expect(await nobody.exit(PATIENCE_MS)).toBe(3);
    t.expect(nobody.stderr).toContain("give them in P2P_MQTT_USER and P2P_MQTT_PASSWORD");
    const config = join(bob.dir, "config.json");
    const login = { url: broker.url, user: "me", password: "open sesame" };
    await writeFile(config, JSON.stringify({ mqtt: [login] }), { mode: 0o600 });
    const sides = {
      ann: offer(ann, args, { env: { ...KNOWN.env, P2P_MQTT_USER: "me", P2P_MQTT_PASSWORD: "open sesame" } }),
      bob: answer(bob, args, { env: { ...KNOWN.env, P2P_CONFIG: config } }),
    };
    t.expect(await exits(sides, PATIENCE_MS)).toEqual([0, 0]);
  });

  test("no broker, a weak passphrase, none, half a login, and a login on the command line", async (t) => {
    const { ann } = await people(t, "ann");
    const url = "mqtt://127.0.0.1:1";
    const cases = [
      { side: offer(ann, ["--via", url], KNOWN), exit: 3, says: "cannot be reached: ECONNREFUSED" },
      { side: offer(ann, ["--via", url], { env: { P2P_PASSPHRASE: "12345" } }), exit: 2, says: "can guess this" },
      { side: answer(ann, ["--via", url]), exit: 2, says: "needs a passphrase" },
      { side: offer(ann, ["--via", url], { env: { P2P_MQTT_USER: "me" } }), exit: 2, says: "P2P_MQTT_PASSWORD" },
      { side: offer(ann, ["--via", "mqtt://me:geheim@h"]), exit: 2, says: "in P2P_MQTT_USER and P2P_MQTT_PASSWORD" },
      { side: offer(ann, ["--via", "mqtt://h/#"]), exit: 2, says: "no topic of a broker" },
      { side: offer(ann, ["--via", "mqtts://"]), exit: 2, says: "names no broker" },
    ];
    for (const { side, exit, says } of cases) {
      t.expect(await side.exit(PATIENCE_MS)).toBe(exit);
      t.expect(side.stderr).toContain(says);
      t.expect(side.stderr).not.toContain("geheim");
    }
  });
});
