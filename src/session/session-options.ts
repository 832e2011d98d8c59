// What a session is made of: its channels, whom it speaks for and with, and what its user chose.
import type { SessionMode } from "../control/mode.ts";
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent, SelectedPair } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import type { Notice } from "../lib/notices.ts";
import type { FileOutput, SessionPorts } from "./ports.ts";
import type { ConflictPolicy, ConsentPolicy } from "./session-types.ts";
import type { ContactKeeper } from "./features/contacts.ts";
import type { PathPort } from "./features/path.ts";
import type { SessionIdentity } from "./features/verification.ts";

export interface SessionOptions {
  ports: SessionPorts;
  role: "offer" | "answer";
  text: MessageChannel;
  /** Both undefined for another WebRTC program. */
  control: MessageChannel | undefined;
  transfer: MessageChannel | undefined;
  peerName: string | undefined;
  mode: SessionMode;
  consent: ConsentPolicy;
  conflict: ConflictPolicy;
  outputDir: string;
  fileOutput?: FileOutput | undefined;
  limitBytesPerSecond?: number | undefined;
  identity: SessionIdentity;
  /** Nothing is sent or taken before both sides have compared the verification string. */
  verify: boolean;
  /** What the other side is expected to show; given, it is compared here and nobody is asked. */
  verifyExpect: string | undefined;
  /** Undefined: nobody's key is kept. */
  people?: ContactKeeper | undefined;
  path: () => { pair: SelectedPair; rttMs: number } | undefined;
  /** Undefined: there is one way to the peer, and when it breaks the session ends. */
  network?: PathPort | undefined;
  /** @param onTaken - called when the reader of the events takes this one */
  emit: (event: P2pEvent, onTaken?: () => void) => void;
  onNotice: (notice: Notice) => void;
  /** The peer has said hello, or cannot: `connected` was emitted. */
  onReady: () => void;
  /**
   * Once at most, instead of `onReady`: it cannot become ready. Nothing was emitted; it is to be discarded. Without this
   * its end is told by events.
   */
  onUnready?: (error: P2pError) => void;
}
