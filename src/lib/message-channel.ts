// The port between a data channel and what speaks over it. Text, control and transfer code know this and
// nothing of WebRTC, so each runs over ours, a browser's or an in-memory channel in a test.

/** An ordered, reliable channel of whole messages. All callbacks are synchronous and must not throw. */
export interface MessageChannel {
  readonly label: string;
  readonly protocol: string;
  /** Largest message that the peer takes, in bytes; ≥ 1. */
  readonly maxMessageBytes: number;
  /** Bytes accepted by `send` and not yet handed to the network; ≥ 0. */
  readonly bufferedBytes: number;
  readonly isOpen: boolean;
  /**
   * Queues one message: a string goes as UTF-8 text, bytes as binary; empty ones are allowed. The channel
   * may keep `data` until it is sent, so the caller must not change it afterwards.
   * After close it does nothing.
   * @throws RangeError when the message is larger than `maxMessageBytes`
   */
  send(data: string | Uint8Array): void;
  /** One message of the peer. The bytes belong to the receiver of the call. */
  onMessage: (data: string | Uint8Array) => void;
  /** `bufferedBytes` fell to `lowWaterBytes` or below, after having been above. The time to send more. */
  onBufferedLow: () => void;
  lowWaterBytes: number;
  /** Once: no more messages will come, nothing more can be sent. */
  onClose: () => void;
  /**
   * No more `onMessage` until `resume`: what comes stays with the transport, whose window then holds back the peer,
   * and with it every other channel of the line.
   */
  pause(): void;
  /** `onMessage` may be called again, for what was held too. */
  resume(): void;
  /** Calls back once, when the peer's transport has acknowledged all that was sent, or the channel has closed. */
  whenDrained(callback: () => void): void;
  close(): void;
}
