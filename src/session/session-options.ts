// Options of a session: its channels, the identities of both sides, and the settings of its user. They name what the
// features take, so they stand above these, and apart from session-types.ts, which the features know.
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent, SelectedPair } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import type { Trace } from "../lib/trace.ts";
import type { DescribedSection } from "../control/described-tracks.ts";
import type { MediaBackend, MediaBackendEvents } from "./media/media-backend.ts";
import type { SessionPorts } from "./ports.ts";
import type { TransportView } from "../transfer/transfer-limit.ts";
import type { SessionSettings } from "./session-types.ts";
import type { ContactKeeper } from "./features/contacts.ts";
import type { PathPort } from "./features/path.ts";
import type { UnknownChannels } from "./features/refused-channels.ts";
import type { SessionIdentity } from "./features/verification.ts";

/** Reports the labels of the channels of another WebRTC program that are not used (`ForeignChannels`). */
export interface UnusedChannels {
  /** @param onUnused - `label`: foreign text; "" for a stream that was used without being opened */
  listen(onUnused: (label: string) => void): void;
}

export interface SessionOptions {
  ports: SessionPorts;
  role: "offer" | "answer";
  text: MessageChannel;
  /** Control and transfer are both undefined for another WebRTC program. */
  control: MessageChannel | undefined;
  transfer: MessageChannel | undefined;
  /** Reports channels of the peer that are none of these; undefined: it opens no others. */
  unknownChannels?: UnknownChannels | undefined;
  /** The same with another WebRTC program, whose channels may have any name. */
  unusedChannels?: UnusedChannels | undefined;
  peerName: string | undefined;
  settings: SessionSettings;
  identity: SessionIdentity;
  /** The store of long-term keys; undefined: none are kept. */
  people?: ContactKeeper | undefined;
  path: () => { pair: SelectedPair; rttMs: number } | undefined;
  /** The network side that can replace a broken path; undefined: the session ends when its only path breaks. */
  network?: PathPort | undefined;
  /** The transport, for what limits a transfer; undefined: not known. */
  transport?: () => TransportView | undefined;
  /** What offer and answer have agreed on with another WebRTC program; undefined: the tracks are agreed on here. */
  describedMedia?: readonly DescribedSection[] | undefined;
  /** Opens what carries sound and picture; undefined: nothing does. */
  openMedia?: ((events: MediaBackendEvents) => MediaBackend | undefined) | undefined;
  /** Is told each change of state of session and transfers; undefined: nobody asks. */
  trace?: Trace | undefined;
  events: SessionEvents;
}

export interface SessionEvents {
  /** @param onTaken - called when the reader of the events takes this one */
  emit: (event: P2pEvent, onTaken?: () => void) => void;
  /** Called when the peer has said hello, or cannot: `connected` has been emitted. */
  onReady: () => void;
  /**
   * Called at most once, instead of `onReady`, when the session cannot become ready. It has emitted nothing and has to
   * be discarded. Without this callback, events report its end.
   */
  onUnready?: (error: P2pError) => void;
}
