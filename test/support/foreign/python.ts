// The stacks that have a program in Python here, in a process each: aiortc and GStreamer's webrtcbin.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ForeignKind } from "./peer.ts";
import { ProgramPeer } from "./program-peer.ts";

/** The system's own, which has Debian's modules; another one may come first in PATH. */
const PYTHON = "/usr/bin/python3";
const KIB = 1_024;

/**
 * @param name - of the stack
 * @param probe - what it runs when all is there that the program needs
 */
function start(name: string, file: string, probe: string, packages: string): ProgramPeer {
  const { status } = spawnSync(PYTHON, ["-c", probe], { stdio: "ignore" });
  if (status !== 0) throw new Error(`This test needs ${name}: apt-get install ${packages}`);
  return new ProgramPeer(name, PYTHON, [fileURLToPath(new URL(file, import.meta.url))]);
}

/** A process with aiortc. Debian: python3-aiortc. */
export function startAiortc(): ProgramPeer {
  return start("aiortc", "aiortc-peer.py", "import aiortc", "python3-aiortc");
}

export const aiortc: ForeignKind<ProgramPeer> = {
  name: "aiortc",
  takesBytes: 64 * KIB,
  cannotTakeBytes: [],
  cannotSendBytes: [],
  start: () => Promise.resolve(startAiortc()),
};

const GSTREAMER_PROBE = `
import gi
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstWebRTC
Gst.init(None)
for name in ["webrtcbin", "nicesrc", "dtlsdec", "sctpdec", "srtpdec", "rtpbin"]:
    assert Gst.ElementFactory.find(name), name
`;
const GSTREAMER_PACKAGES =
  "gir1.2-gst-plugins-bad-1.0 gstreamer1.0-nice gstreamer1.0-plugins-bad gstreamer1.0-plugins-good python3-gst-1.0";

/** GStreamer's webrtcbin, with libnice and usrsctp. */
export const gstreamer: ForeignKind<ProgramPeer> = {
  name: "GStreamer",
  // It says nothing of its limit.
  takesBytes: 64 * KIB - 1,
  // It delivers an empty text as binary.
  cannotTakeBytes: [0],
  // It sends 64 KiB at most, and nothing that is empty.
  cannotSendBytes: [0, 256 * KIB],
  start: () => Promise.resolve(start("GStreamer", "gstreamer-peer.py", GSTREAMER_PROBE, GSTREAMER_PACKAGES)),
};
