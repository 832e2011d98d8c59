// @ts-check
// libwebrtc, the stack of Chromium, through @roamhq/wrtc.
import { once } from "node:events";
import { createRequire } from "node:module";

// Its own types would bring in the whole DOM.
/** @type {any} */
const wrtc = createRequire(import.meta.url)("@roamhq/wrtc");

/** The binding has no bufferedamountlow event. The data sent in this time must be less than the data buffered. */
const POLL_MS = 2;

export const TUNING = { messageBytes: 65_536, highWaterBytes: 4_194_304, lowWaterBytes: 1_048_576 };

/** @type {import("../side.mjs").Stack["createSide"]} */
export async function createSide({ onOpen, onBytes }) {
  const peer = new wrtc.RTCPeerConnection({ iceServers: [] });
  const adopt = (/** @type {any} */ channel) => {
    channel.binaryType = "arraybuffer";
    channel.onmessage = (/** @type {{ data: ArrayBuffer }} */ { data }) => onBytes(data.byteLength);
    const open = () => {
      onOpen({
        send: (message) => channel.send(message),
        bufferedBytes: () => channel.bufferedAmount,
        watch: (lowWaterBytes, onLow) => {
          setInterval(() => channel.bufferedAmount <= lowWaterBytes && onLow(), POLL_MS);
        },
      });
    };
    if (channel.readyState === "open") open();
    else channel.onopen = open;
  };
  peer.ondatachannel = (/** @type {any} */ { channel }) => adopt(channel);
  const describe = async (/** @type {unknown} */ description) => {
    await peer.setLocalDescription(description);
    while (peer.iceGatheringState !== "complete") await once(peer, "icegatheringstatechange");
    return peer.localDescription.sdp;
  };
  return {
    offer: async () => {
      adopt(peer.createDataChannel("bench"));
      return describe(await peer.createOffer());
    },
    answer: async (sdp) => {
      await peer.setRemoteDescription({ type: "offer", sdp });
      return describe(await peer.createAnswer());
    },
    accept: (sdp) => peer.setRemoteDescription({ type: "answer", sdp }),
  };
}
