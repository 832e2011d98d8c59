// One side of a bare werift data channel loop, the yardstick of the benchmark: 64 KiB messages, high water
// 256 KiB, low water 64 KiB, sent by the buffered-amount event. Run by scripts/bench.mjs with fork().
import { createRequire } from "node:module";

const werift = createRequire(import.meta.url)("werift");
const [role, megabytes] = process.argv.slice(2);
const totalBytes = Number(megabytes) * 1e6;
const MESSAGE_BYTES = 65_536;
const HIGH_WATER_BYTES = 262_144;
const LOW_WATER_BYTES = 65_536;

// An empty server list is not enough: werift would ask a public server.
const { prototype } = werift.Connection;
const gatherCandidates = prototype.gatherCandidates;
prototype.gatherCandidates = function gatherWithoutServer() {
  this.stunServer = undefined;
  return gatherCandidates.call(this);
};

const peer = new werift.RTCPeerConnection({
  iceServers: [],
  iceInterfaceAddresses: { udp4: "127.0.0.1" },
  iceAdditionalHostAddresses: ["127.0.0.1"],
  iceUseIpv6: false,
});

function send(channel) {
  const message = Buffer.alloc(MESSAGE_BYTES);
  let sentBytes = 0;
  const fill = () => {
    while (sentBytes < totalBytes && channel.bufferedAmount < HIGH_WATER_BYTES) {
      channel.send(message);
      sentBytes += MESSAGE_BYTES;
    }
  };
  channel.bufferedAmountLowThreshold = LOW_WATER_BYTES;
  channel.bufferedAmountLow.subscribe(fill);
  channel.stateChanged.subscribe((state) => {
    if (state === "open") fill();
  });
}

function receive(channel) {
  let receivedBytes = 0;
  let startedMs = 0;
  channel.onMessage.subscribe((data) => {
    if (startedMs === 0) startedMs = performance.now();
    receivedBytes += data.length;
    if (receivedBytes < totalBytes) return;
    const { user, system } = process.cpuUsage();
    process.send({ ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 });
  });
}

if (role === "offer") {
  send(peer.createDataChannel("bench"));
  await peer.setLocalDescription(await peer.createOffer());
  process.send({ description: { type: "offer", sdp: peer.localDescription.sdp } });
  process.once("message", (answer) => void peer.setRemoteDescription(answer));
} else {
  peer.onDataChannel.subscribe(receive);
  const offer = await new Promise((resolve) => process.once("message", resolve));
  await peer.setRemoteDescription(offer);
  await peer.setLocalDescription(await peer.createAnswer());
  process.send({ description: { type: "answer", sdp: peer.localDescription.sdp } });
}
