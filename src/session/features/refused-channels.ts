// Channels that one side opened and the other side's p2p does not know: the side that refuses one reports it to its own
// person and to the other side (control message `channel-refused`), which reports it to its person.
import type { ChannelRefusedMessage } from "../../control/messages.ts";
import type { PersonEvent } from "../../lib/events.ts";
import { MAX_REFUSALS, type UnknownChannel } from "../channels/registry.ts";
import type { FeatureMessage, HelloPart, PeerHello, SessionFeature } from "./feature.ts";

/** Reports the channels of the peer that were refused (`ChannelRegistry`). */
export interface UnknownChannels {
  listen(onRefused: (channel: UnknownChannel) => void): void;
}

interface RefusedChannelsOptions {
  /** Undefined: the session's channels were not opened by a registry. */
  unknownChannels: UnknownChannels | undefined;
  send: (message: ChannelRefusedMessage) => void;
  emit: (event: Extract<PersonEvent, { event: "channel-refused" }>) => void;
}

export class RefusedChannels implements SessionFeature {
  readonly hello: HelloPart = { capability: "channel-refused/1" };
  readonly #options: RefusedChannelsOptions;
  /** Count of the peer's refusals so far. */
  #heardCount = 0;

  constructor(options: RefusedChannelsOptions) {
    this.#options = options;
  }

  /**
   * Refusals are reported after the peer's hello, because a person hears nothing of a session before it is connected.
   */
  handleHello({ can }: PeerHello): void {
    const { unknownChannels, send, emit } = this.#options;
    unknownChannels?.listen((channel) => {
      emit({ event: "channel-refused", by: "me", ...channel });
      if (can("channel-refused/1")) send({ type: "channel-refused", ...channel });
    });
  }

  handleMessage(message: FeatureMessage): boolean {
    if (message.type !== "channel-refused") return false;
    this.#heardCount += 1;
    const { label, protocol } = message;
    if (this.#heardCount <= MAX_REFUSALS) {
      this.#options.emit({ event: "channel-refused", by: "peer", label, protocol });
    }
    return true;
  }
}
