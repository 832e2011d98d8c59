// What `p2p loopback` finds where everything works.
import type { LoopbackFindings } from "../../src/pairing/loopback/report.ts";

const SHA256 = "0be37820d1667890be372aa35c973c53cfeee7dd8eaae182c8a54f691931e7d8";
const FILE = {
  bytes: 16_777_216,
  received: 16_777_216,
  ms: 880.4,
  bytesPerSecond: 19_056_356,
  protocol: "udp",
} as const;

export const GOOD_LOOPBACK: LoopbackFindings = {
  machine: { version: "0.1.0", node: "v20.19.0", platform: "linux", release: "6.1.0-28", arch: "x64", processors: 8 },
  addresses: [
    { interface: "wlp0s20f3", address: "192.168.1.20", family: 4, kind: "private", used: true },
    { interface: "eth0", address: "2001:db8:1234:5678:9abc:def0:1234:5678", family: 6, kind: "public", used: true },
    { interface: "eth0", address: "fe80::1", family: 6, kind: "link-local", used: false },
  ],
  candidates: [
    { side: "offer", type: "host", transport: "udp", count: 2 },
    { side: "offer", type: "host", transport: "tcp", count: 4 },
    { side: "answer", type: "host", transport: "udp", count: 2 },
  ],
  steps: { offerMs: 198.2, answerMs: 29, iceMs: 26.1, dtlsMs: 100.4, sctpMs: 37, helloMs: 0.7 },
  pair: {
    protocol: "udp",
    local: "[2001:db8:1234:5678:9abc:def0:1234:5678]:37694",
    remote: "[2001:db8:1234:5678:9abc:def0:1234:5678]:49448",
    kind: "host",
  },
  rttMs: 1.2,
  dtls: { version: "DTLS 1.2", cipher: "AES-128-GCM", srtpProfile: "AEAD_AES_128_GCM" },
  texts: [
    { direction: "forth", ms: 8.1, same: true },
    { direction: "back", ms: 2.2, same: true },
  ],
  files: [
    { direction: "forth", ...FILE, outcome: "done", sha256: SHA256, same: true },
    { direction: "back", ...FILE, outcome: "done", sha256: SHA256, same: true },
  ],
  media: {
    tracks: [
      {
        kind: "video",
        codec: "vp8",
        given: 69,
        taken: 69,
        lost: 0,
        retransmitted: 0,
        delay: { medianMs: 0.4, worstMs: 12.1, worstBesideFileMs: 12.1 },
        jitterMs: 2.2,
      },
      {
        kind: "audio",
        codec: "opus",
        given: 230,
        taken: 230,
        lost: 0,
        retransmitted: 0,
        delay: { medianMs: 0.2, worstMs: 6 },
        jitterMs: 1.7,
      },
    ],
    apartMs: 0,
  },
};
