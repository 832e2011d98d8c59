// The interface between a data channel and the protocol on it. Text, control and transfer code know this and
// nothing of WebRTC, so each runs over our channel, a browser's or an in-memory one in a test.

/** An ordered, reliable channel of whole messages. All callbacks are synchronous and must not throw. */
export interface MessageChannel {
  readonly label: string;
  readonly protocol: string;
  /** Largest message that the peer accepts, in bytes; ≥ 1. */
  readonly maxMessageBytes: number;
  /** Bytes accepted by `send` and not yet handed to the network; ≥ 0. */
  readonly bufferedBytes: number;
  readonly isOpen: boolean;
  /**
   * Queues one message: a string is sent as UTF-8 text, bytes as binary; empty ones are allowed. The channel
   * may keep `data` until it is sent, so the caller must not change it afterwards.
   * After close it does nothing.
   * @throws RangeError when the message is larger than `maxMessageBytes`
   */
  send(data: string | Uint8Array): void;
  /** One message of the peer. The callee owns the bytes. */
  onMessage: (data: string | Uint8Array) => void;
  /** `bufferedBytes` fell from above `lowWaterBytes` to it or below: the time to send more. */
  onBufferedLow: () => void;
  lowWaterBytes: number;
  /** Called once: no more messages will come, nothing more can be sent. */
  onClose: () => void;
  /**
   * No more `onMessage` until `resume`: messages stay with the transport, whose window then holds back the peer,
   * and with it every other channel of the line.
   */
  pause(): void;
  /** `onMessage` may be called again, for queued messages too. */
  resume(): void;
  /**
   * Calls back once: with true when the peer's transport has acknowledged everything sent, which may be after the peer has
   * closed the channel, with false when it never will.
   */
  whenDrained(callback: (isDrained: boolean) => void): void;
  close(): void;
}
