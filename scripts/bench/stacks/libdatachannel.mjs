// @ts-check
// libdatachannel (with usrsctp below it), through node-datachannel.
import { PeerConnection } from "node-datachannel";

export const TUNING = { messageBytes: 65_536, highWaterBytes: 4_194_304, lowWaterBytes: 1_048_576 };

/** Keeps references, because the binding closes objects that the garbage collector finds. @type {unknown[]} */
const kept = [];

/** @type {import("../side.mjs").Stack["createSide"]} */
export async function createSide({ onOpen, onBytes }) {
  const peer = new PeerConnection("bench", { iceServers: [], bindAddress: "127.0.0.1" });
  const adopt = (/** @type {import("node-datachannel").DataChannel} */ channel) => {
    kept.push(peer, channel);
    channel.onMessage((data) => onBytes(Buffer.byteLength(data)));
    const open = () => {
      onOpen({
        send: (message) => channel.sendMessageBinary(message),
        bufferedBytes: () => channel.bufferedAmount(),
        watch: (lowWaterBytes, onLow) => {
          channel.setBufferedAmountLowThreshold(lowWaterBytes);
          channel.onBufferedAmountLow(onLow);
        },
      });
    };
    if (channel.isOpen()) open();
    else channel.onOpen(open);
  };
  peer.onDataChannel(adopt);
  /** @type {Promise<string>} */
  const gathered = new Promise((resolve) => {
    peer.onGatheringStateChange((state) => {
      if (state === "complete") resolve(peer.localDescription()?.sdp ?? "");
    });
  });
  return {
    offer: () => {
      adopt(peer.createDataChannel("bench"));
      return gathered;
    },
    answer: (sdp) => {
      peer.setRemoteDescription(sdp, "offer");
      return gathered;
    },
    accept: async (sdp) => peer.setRemoteDescription(sdp, "answer"),
  };
}
