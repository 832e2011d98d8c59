// @ts-check
// Somebody who is going to be flooded, in a process of its own (built code, run with --expose-gc): it says where it
// is, and then, whenever it is asked, how much it has received from whom it is asked about and how many bytes it holds.
import { Socket } from "node:dgram";
import { createRequire } from "node:module";

/** @typedef {import("../../src/exchange/description.ts").SessionDescription} SessionDescription */
/** @typedef {{ own: SessionDescription, remoteUfrag: string }} Target */

const ADDRESS = "127.0.0.1";
const built = new URL("../../build/rtc/", import.meta.url);
/** @type {typeof import("../../src/rtc/peer.ts")} */
const { RtcPeer } = await import(new URL("peer.js", built).href);

/** @type {Map<number, number>} By port of the sender. */
const received = new Map();
/** @type {(...args: any[]) => boolean} */
const emit = Reflect.get(Socket.prototype, "emit");
/** @type {(this: Socket, ...args: any[]) => boolean} */
function countAndEmit(...args) {
  const [name, , sender] = args;
  if (name === "message") received.set(sender.port, (received.get(sender.port) ?? 0) + 1);
  return Reflect.apply(emit, this, args);
}
Socket.prototype.emit = countAndEmit;

function createPeer() {
  return RtcPeer.create({
    network: { bind: [ADDRESS], stunServers: [], turnServers: [], legacySdp: false },
    events: { emit: () => {}, onCandidatesChanged: () => {} },
  });
}

/**
 * @param {import("../../src/rtc/peer.ts").RtcPeer} peer
 * @returns {SessionDescription}
 */
const describe = (peer) => peer.describe({ type: "offer", form: "modern", mid: "data", setup: "actpass" });

/** @type {Record<string, () => Promise<Target>>} */
const kinds = {
  "a peer that waits for a file": async () => {
    const own = describe(await createPeer());
    return { own, remoteUfrag: "peer" };
  },
  "a line that stands": async () => {
    const [a, b] = await Promise.all([createPeer(), createPeer()]);
    await new Promise((resolve) => {
      const events = { onChannel: () => {}, onEnded: () => {} };
      a.connect(describe(b), { isOfferer: true, isPeerP2p: true }, { ...events, onOpen: resolve });
      b.connect(describe(a), { isOfferer: false, isPeerP2p: true }, { ...events, onOpen: () => {} });
    });
    return { own: describe(a), remoteUfrag: describe(b).iceUfrag };
  },
  "bare werift": async () => {
    /** @type {typeof import("werift")} */
    const { RTCPeerConnection } = createRequire(import.meta.url)("werift");
    const connection = new RTCPeerConnection({
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: [ADDRESS],
      iceInterfaceAddresses: { udp4: ADDRESS },
    });
    connection.createDataChannel("chat");
    const [transport] = connection.iceTransports;
    const ice = transport?.connection;
    if (ice === undefined) throw new Error("no transport");
    // It would ask a server on the internet.
    ice.stunServer = /** @type {any} */ (undefined);
    await connection.setLocalDescription(await connection.createOffer());
    const { port = 0 } = ice.localCandidates.find(({ host }) => host === ADDRESS) ?? {};
    const candidate = { address: ADDRESS, port };
    const own = /** @type {SessionDescription} */ (
      /** @type {unknown} */ ({
        iceUfrag: ice.localUsername,
        icePwd: ice.localPassword,
        candidates: [candidate],
      })
    );
    return { own, remoteUfrag: "peer" };
  },
};

const live = kinds[process.argv[2] ?? ""];
const { gc } = globalThis;
if (live === undefined || gc === undefined || process.send === undefined)
  throw new Error("started otherwise than its head says");
const say = process.send.bind(process);
process.on("message", (/** @type {{ ports: number[], isMeasured: boolean }} */ { ports, isMeasured }) => {
  if (isMeasured) {
    gc();
    gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  const receivedCount = ports.reduce((sum, port) => sum + (received.get(port) ?? 0), 0);
  say({ receivedCount, heldBytes: heapUsed + external });
});
say(await live());
