// @ts-check
// Lives one life of an RtcPeer in a process of its own (built code), then closes it and says what is left: one line
// of JSON. It does not end by itself before everything that holds a process is gone.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";

/** @typedef {import("../../src/exchange/description.ts").SessionDescription} SessionDescription */
/** @typedef {import("../../src/rtc/peer.ts").RtcPeer} Peer */

const built = new URL("../../build/rtc/", import.meta.url);
/** @type {typeof import("../../src/rtc/ice/agent.ts")} */
const { IceAgent } = await import(new URL("ice/agent.js", built).href);
/** @type {typeof import("../../src/rtc/peer.ts")} */
const { RtcPeer } = await import(new URL("peer.js", built).href);

/** @type {unknown[]} */
const rejections = [];
process.on("unhandledRejection", (reason) => rejections.push(String(reason)));

/** @param {string[]} stunServers */
const options = (stunServers = []) => ({
  network: { bind: ["127.0.0.1"], stunServers, turnServers: [], legacySdp: false },
  events: { emit: () => {}, onCandidatesChanged: () => {} },
});

/**
 * @param {Peer} peer
 * @returns {SessionDescription}
 */
const describe = (peer) => peer.describe({ type: "offer", form: "modern", mid: "data", setup: "actpass" });

/**
 * @param {Peer} peer
 * @param {SessionDescription} remote
 * @param {boolean} isOfferer
 */
function connect(peer, remote, isOfferer) {
  return new Promise((resolve) => {
    peer.connect(
      remote,
      { isOfferer, isPeerP2p: true },
      {
        onOpen: (channels) => {
          channels.open("p2p", "").send("hello");
          resolve("open");
        },
        onChannel: () => {},
        onEnded: (error) => resolve(error?.code ?? "ended"),
      },
    );
  });
}

/** @type {Record<string, () => Promise<() => Promise<unknown>>>} Each lives, and returns what closes. */
const lives = {
  "a session": async () => {
    const [a, b] = await Promise.all([RtcPeer.create(options()), RtcPeer.create(options())]);
    await Promise.all([connect(a, describe(b), true), connect(b, describe(a), false)]);
    return () => Promise.all([a.close(), b.close()]);
  },
  "checks that nobody answers": async () => {
    const [peer, silent] = await Promise.all([RtcPeer.create(options()), RtcPeer.create(options())]);
    const remote = describe(silent);
    await silent.close();
    void connect(peer, remote, true);
    while (peer.pairs()[0]?.state !== "in progress") await nextTurn();
    return () => peer.close();
  },
  "a handshake that nobody answers": async () => {
    const [peer, agent] = await Promise.all([RtcPeer.create(options()), IceAgent.gather(options())]);
    const remote = { ...describe(peer), iceUfrag: agent.iceUfrag, icePwd: agent.icePwd, candidates: agent.candidates };
    const hello = new Promise((resolve) => agent.start(describe(peer), false, { onData: resolve }));
    void connect(peer, { ...remote, setup: "passive" }, true);
    await hello;
    return () => Promise.all([peer.close(), agent.close()]);
  },
  "a peer that is refused": async () => {
    const [a, b] = await Promise.all([RtcPeer.create(options()), RtcPeer.create(options())]);
    const remote = { ...describe(b), fingerprints: describe(a).fingerprints };
    const refusing = connect(a, remote, true);
    void connect(b, describe(a), false);
    await refusing;
    return () => Promise.all([a.close(), b.close()]);
  },
  "a server that does not answer": async () => {
    const server = createSocket("udp4");
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    const peer = await RtcPeer.create(options([`stun:127.0.0.1:${server.address().port}`]));
    return async () => {
      server.close();
      await peer.close();
    };
  },
};

const live = lives[process.argv[2] ?? ""];
if (live === undefined) throw new Error(`no life '${process.argv[2]}' among ${Object.keys(lives).join(", ")}`);
// Their pipes are resources from the first use on.
const { stdout, stderr } = process;
void stderr;
const before = process.getActiveResourcesInfo();
const close = await live();
const during = process.getActiveResourcesInfo();
await close();
// A closed socket goes with the next turn of the loop.
await nextTurn();
const left = process.getActiveResourcesInfo();
for (const name of before) {
  const index = left.indexOf(name);
  if (index !== -1) left.splice(index, 1);
}
stdout.write(`${JSON.stringify({ during, left, rejections })}\n`);
