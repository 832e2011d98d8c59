// @ts-check
// Our own channel, from the compiled files and below the transfer protocol, so that any other stack can be its peer.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../support/project.mjs";

/** @param {string} file - below build, where each file of src is a module of its own */
const load = (file) => import(pathToFileURL(join(root, "build", file)).href);
const [{ RtcPeer }, { decodeExchangeDocument }, { writeSdp }, { encodeCandidate }] = await Promise.all([
  load("rtc/peer.js"),
  load("exchange/codec.js"),
  load("exchange/sdp-write.js"),
  load("exchange/candidate.js"),
]);

export const TUNING = { messageBytes: 65_536, highWaterBytes: 1_048_576, lowWaterBytes: 524_288 };

/** @param {any} description */
function sdpOf(description) {
  const { candidates, iceUfrag } = description;
  const lines = candidates.map((/** @type {any} */ candidate) => `a=${encodeCandidate(candidate, iceUfrag)}\r\n`);
  return writeSdp(description, 1) + lines.join("");
}

/**
 * @param {"offer" | "answer"} type
 * @param {string} sdp
 */
function descriptionOf(type, sdp) {
  const decoding = decodeExchangeDocument(Buffer.from(JSON.stringify({ type, sdp })), type);
  if (!decoding.ok) throw decoding.error;
  return decoding.document.description;
}

/** @type {import("../side.mjs").Stack["createSide"]} */
export async function createSide({ onOpen, onBytes }) {
  const peer = await RtcPeer.create({
    network: { bind: ["127.0.0.1"], stunServers: [], turnServers: [], legacySdp: false },
    events: { emit: () => {}, onCandidatesChanged: () => {} },
  });
  const adopt = (/** @type {any} */ channel) => {
    channel.onMessage = (/** @type {Uint8Array} */ data) => onBytes(data.length);
    onOpen({
      send: (message) => channel.send(message),
      bufferedBytes: () => channel.bufferedBytes,
      watch: (lowWaterBytes, onLow) => {
        channel.lowWaterBytes = lowWaterBytes;
        channel.onBufferedLow = onLow;
      },
    });
  };
  const connect = (/** @type {unknown} */ remote, /** @type {boolean} */ isOfferer) => {
    peer.connect(remote, isOfferer, {
      onOpen: (/** @type {any} */ channels) => {
        if (isOfferer) adopt(channels.open("bench", ""));
      },
      onChannel: adopt,
      onEnded: (/** @type {unknown} */ error) => {
        throw error ?? new Error("the peer has closed the association");
      },
    });
  };
  return {
    offer: async () => sdpOf(peer.describe({ type: "offer", form: "modern", mid: "data", setup: "actpass" })),
    answer: async (sdp) => {
      const remote = descriptionOf("offer", sdp);
      connect(remote, false);
      return sdpOf(peer.describe({ type: "answer", form: "modern", mid: remote.mid, setup: "active" }));
    },
    accept: async (sdp) => connect(descriptionOf("answer", sdp), true),
  };
}
