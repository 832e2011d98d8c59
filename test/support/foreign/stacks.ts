// The foreign stacks that npm brings as binaries or as JavaScript, without servers, and in this process where they can.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { RTCPeerConnection } from "werift";
import type { ForeignKind, ForeignPeer } from "./peer.ts";
import { ProgramPeer } from "./program-peer.ts";
import { createW3cPeer } from "./w3c-peer.mjs";
import { wholeWerift } from "./whole-werift.ts";

type W3cConnection = Parameters<typeof createW3cPeer>[0];
type NewConnection = new (configuration: object) => W3cConnection;

const require = createRequire(import.meta.url);
const ADDRESS = "127.0.0.1";
const KIB = 1_024;

function inThisProcess(connection: W3cConnection): ForeignPeer {
  const peer = createW3cPeer(connection, (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest("hex")));
  return {
    ...peer,
    open: (count) => Promise.resolve(peer.open(count)),
    closedCount: () => Promise.resolve(peer.closedCount()),
  };
}

/** Google's libwebrtc. */
export const wrtc: ForeignKind = {
  name: "@roamhq/wrtc",
  takesBytes: 256 * KIB,
  cannotTakeBytes: [],
  cannotSendBytes: [],
  start: () => {
    const { RTCPeerConnection } = require("@roamhq/wrtc") as { RTCPeerConnection: NewConnection };
    return Promise.resolve(inThisProcess(new RTCPeerConnection({ iceServers: [] })));
  },
};

const OF_2018 = fileURLToPath(new URL("libwebrtc-2018.mjs", import.meta.url));

/** Google's libwebrtc as the programs of 2018 have it, with usrsctp. npm has it for x64 only. */
export const wrtc2018: ForeignKind = {
  name: "libwebrtc of about 2018",
  takesBytes: 256 * KIB,
  // It drops what is empty, on either way.
  cannotTakeBytes: [0],
  cannotSendBytes: [0],
  start: () => Promise.resolve(new ProgramPeer("libwebrtc of about 2018", process.execPath, [OF_2018])),
};

/** The stacks that npm brings for this machine. */
export function npmStacks(): ForeignKind[] {
  return [wrtc, nodeDatachannel, bareWerift, ...(process.arch === "x64" ? [wrtc2018] : [])];
}

/** libdatachannel. */
export const nodeDatachannel: ForeignKind = {
  name: "node-datachannel",
  takesBytes: 256 * KIB,
  cannotTakeBytes: [],
  cannotSendBytes: [],
  start: () => {
    const { RTCPeerConnection } = require("node-datachannel/polyfill") as { RTCPeerConnection: NewConnection };
    return Promise.resolve(inThisProcess(new RTCPeerConnection({ iceServers: [], bindAddress: ADDRESS })));
  },
};

/** werift with nothing of ours around it. */
export const bareWerift: ForeignKind = {
  name: "bare werift",
  takesBytes: 64 * KIB,
  // An empty message of its own blocks its stream for good.
  cannotTakeBytes: [],
  cannotSendBytes: [0],
  start: () => {
    const { RTCPeerConnection } = wholeWerift();
    const connection = new RTCPeerConnection({
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: [ADDRESS],
      iceInterfaceAddresses: { udp4: ADDRESS },
    });
    return Promise.resolve(inThisProcess(withoutServers(connection)));
  },
};

/** Without a list of servers it would ask one on the internet. */
function withoutServers(connection: RTCPeerConnection): W3cConnection {
  const forget = (): void => {
    for (const { connection: ice } of connection.iceTransports) ice.stunServer = undefined as never;
  };
  const w3c = connection as unknown as W3cConnection;
  const createOffer = w3c.createOffer.bind(connection);
  const createAnswer = w3c.createAnswer.bind(connection);
  w3c.createOffer = () => {
    forget();
    return createOffer();
  };
  w3c.createAnswer = () => {
    forget();
    return createAnswer();
  };
  return w3c;
}
