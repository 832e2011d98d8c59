// `p2p doctor` with servers of the test on loopback: what it finds, and whom it asks.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test, type TestContext } from "vitest";
import type { NetworkReport } from "../../src/command-port.ts";
import { RelayServer } from "../support/loopback-servers.ts";
import { people, type Running, run } from "../support/processes.ts";
import { bindingResponse, fourSocketServer } from "../support/stun-server.mjs";

const PUBLIC = "203.0.113.9";

/** A server that says that it sees us at a port of a router. @returns its URL */
async function stunServer(t: TestContext, address: string, mappedPort: number, isSilent = false): Promise<string> {
  const socket = createSocket("udp4");
  t.onTestFinished(() => {
    socket.close();
  });
  socket.on("message", (request, from) => {
    const response = bindingResponse(request, { address: PUBLIC, port: mappedPort });
    if (response !== undefined && !isSilent) socket.send(response, from.port, from.address);
  });
  socket.bind(0, address);
  await once(socket, "listening");
  return `stun:${address}:${socket.address().port}`;
}

async function doctor(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const { ann } = await people(t, "ann");
  const running = run(ann, ["doctor", "--bind", "127.0.0.1", ...args], { env });
  expect(await running.exit()).toBe(0);
  return running;
}

async function report(t: TestContext, args: readonly string[], env?: Record<string, string>): Promise<NetworkReport> {
  const { stdout, lines } = await doctor(t, ["--json", ...args], env);
  expect(lines).toHaveLength(1);
  return JSON.parse(stdout) as NetworkReport;
}

const asking = (...urls: string[]): string[] => urls.flatMap((url) => ["--stun", url]);

describe.concurrent("p2p doctor", () => {
  test("two servers that see the same: an ordinary router", async (t) => {
    const urls = [await stunServer(t, "127.0.0.1", 7_000), await stunServer(t, "127.0.0.2", 7_000)];
    const found = await report(t, asking(...urls));
    expect(found).toMatchObject({ udp: "open", mapping: "endpoint-independent", verdict: "ordinary" });
    expect(found.stun.map(({ url, state }) => [url, state])).toEqual(urls.map((url) => [url, "answered"]));
    expect(found.stun[0]?.answers).toMatchObject([{ family: 4, mapped: `${PUBLIC}:7000`, isOutside: true }]);
    expect(found).not.toHaveProperty("filtering");
  });

  test("one that sees us where nobody can be is named for it, and says nothing of the router", async (t) => {
    const url = await stunServer(t, "127.0.0.1", 0);
    const found = await report(t, asking(url));
    expect(found.stun).toEqual([{ url, state: "wrong", answers: [], reason: `${PUBLIC}:0` }]);
    expect(found).toMatchObject({ udp: "open", verdict: "no-answer", advice: ["other-servers"] });
    expect(found).not.toHaveProperty("mapping");
    const { stdout } = await doctor(t, asking(url));
    expect(stdout).toContain(`answered with an address that cannot be ours: ${PUBLIC}:0`);
  });

  test("two that see another port: a symmetric one, with what to do, in words", async (t) => {
    const urls = [await stunServer(t, "127.0.0.1", 7_000), await stunServer(t, "127.0.0.2", 7_001)];
    const { stdout, stderr } = await doctor(t, asking(...urls));
    expect(stderr).toBe("looking at the network, asking 2 servers; 5 s at most\n");
    expect(stdout).toContain("✗ mapping       address-dependent");
    expect(stdout).toMatch(/verdict\n {2}A symmetric NAT/);
    expect(stdout).toMatch(/what to do\n {2}- use --turn on either side/);
    const chinese = await doctor(t, [...asking(...urls), "--lang", "zh"]);
    expect(chinese.stdout).toContain("对称型 NAT");
  });

  test("one that answers from elsewhere when asked to: who is let in is known", async (t) => {
    const close = await fourSocketServer(["127.0.0.1", "127.0.0.3"], [23_478, 23_479], () => {});
    t.onTestFinished(close);
    const found = await report(t, asking("stun:127.0.0.1:23478"));
    expect(found).toMatchObject({ filtering: "endpoint-independent", verdict: "inside", advice: ["ask-outside"] });
  });

  test("none that answers by UDP, and one that takes TCP: UDP is blocked", async (t) => {
    const url = await stunServer(t, "127.0.0.1", 7_000, true);
    expect(await report(t, asking(url))).toMatchObject({ udp: "silent" });
    const tcp = createServer((socket) => socket.destroy()).listen(Number(url.split(":")[2]), "127.0.0.1");
    t.onTestFinished(() => {
      tcp.close();
    });
    await once(tcp, "listening");
    const found = await report(t, asking(url));
    expect(found).toMatchObject({ udp: "blocked", stun: [{ state: "silent", answers: [] }] });
  });

  test("no server: nothing is asked, and that is said", async (t) => {
    expect(await report(t, ["--no-stun"])).toMatchObject({ udp: "not-asked", stun: [], turn: [] });
    const { stderr } = await doctor(t, ["--no-stun"]);
    expect(stderr).toBe("looking at the network\n");
  });

  test("TURN: one that gives a relay, one that is not there", async (t) => {
    const relay = new RelayServer();
    t.onTestFinished(() => {
      relay.close();
    });
    const { url, user, password } = await relay.open();
    const nobody = await stunServer(t, "127.0.0.1", 7_000, true);
    const found = await report(t, ["--no-stun", "--turn", url, "--turn", nobody.replace("stun:", "turn:")], {
      P2P_TURN_USER: user,
      P2P_TURN_PASSWORD: password,
    });
    expect(found.turn).toMatchObject([
      { url, state: "works", relayed: expect.stringMatching(/^198\.51\.100\.7:5000\d$/) },
      { state: "unreachable" },
    ]);
    expect(found.advice).toContain("turn-unreachable");
    expect(JSON.stringify(found)).not.toContain(password);
  });

  test("an address that is not ours ends it, and a wrong option too", async (t) => {
    const { ann } = await people(t, "ann");
    const elsewhere = run(ann, ["doctor", "--bind", "203.0.113.77", "--no-stun"]);
    expect(await elsewhere.exit()).toBe(8);
    expect(elsewhere.stderr).toContain("BIND_FAILED");
    const wrong = run(ann, ["doctor", "--stun", "http://example.org"]);
    expect(await wrong.exit()).toBe(2);
    const chat = run(ann, ["doctor", "--chat"]);
    expect(await chat.exit()).toBe(2);
  });
});
