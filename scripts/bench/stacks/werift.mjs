// @ts-check
// Unmodified werift: the yardstick. A larger buffer makes it slower, because it walks through everything that is queued
// or in flight for each acknowledgement.
import { createRequire } from "node:module";

// Its own types omit the settings that are used here.
/** @type {any} */
const werift = createRequire(import.meta.url)("werift");

export const TUNING = { messageBytes: 65_536, highWaterBytes: 262_144, lowWaterBytes: 65_536 };

// An empty server list is not enough: werift would ask a public server.
const { prototype } = werift.Connection;
const gatherCandidates = prototype.gatherCandidates;
prototype.gatherCandidates = function gatherWithoutServer() {
  this.stunServer = undefined;
  return gatherCandidates.call(this);
};

/** @type {import("../side.mjs").Stack["createSide"]} */
export async function createSide({ onOpen, onBytes }) {
  const peer = new werift.RTCPeerConnection({
    iceServers: [],
    iceInterfaceAddresses: { udp4: "127.0.0.1" },
    iceAdditionalHostAddresses: ["127.0.0.1"],
    iceUseIpv6: false,
  });
  const adopt = (/** @type {any} */ channel) => {
    channel.onMessage.subscribe((/** @type {Buffer} */ data) => onBytes(data.length));
    const open = () => {
      onOpen({
        send: (message) => channel.send(message),
        bufferedBytes: () => channel.bufferedAmount,
        watch: (lowWaterBytes, onLow) => {
          channel.bufferedAmountLowThreshold = lowWaterBytes;
          channel.bufferedAmountLow.subscribe(onLow);
        },
      });
    };
    if (channel.readyState === "open") open();
    else channel.stateChanged.subscribe((/** @type {string} */ state) => state === "open" && open());
  };
  peer.onDataChannel.subscribe(adopt);
  return {
    offer: async () => {
      adopt(peer.createDataChannel("bench"));
      await peer.setLocalDescription(await peer.createOffer());
      return peer.localDescription.sdp;
    },
    answer: async (sdp) => {
      await peer.setRemoteDescription({ type: "offer", sdp });
      await peer.setLocalDescription(await peer.createAnswer());
      return peer.localDescription.sdp;
    },
    accept: (sdp) => peer.setRemoteDescription({ type: "answer", sdp }),
  };
}
