// The contract of a protocol engine: bytes and time in, bytes and events out. No engine has a socket, a clock, a
// timer or randomness of its own, so a test drives it in virtual time and a browser runs it unchanged.

/**
 * The driver of an engine repeats: change it once (`handle`, `advance`, a call of its own) → `pollTransmit` until 0,
 * `pollEvent` until undefined → arm one timer for `nextDeadlineMs` → wait.
 */
export interface Engine<Event> {
  /** The peer's bytes, one datagram. Never throws. It may keep views of `input`, which must not change afterwards. */
  handle(input: Uint8Array, nowMs: number): void;
  /** Lets timers expire. `nowMs` never goes back. */
  advance(nowMs: number): void;
  /** Writes the next datagram at the start of `into`. @returns its length in bytes; 0: nothing to send now */
  pollTransmit(into: Uint8Array, nowMs: number): number;
  pollEvent(): Event | undefined;
  /** Latest time at which `advance` or `pollTransmit` must be called; Infinity: never. */
  nextDeadlineMs(): number;
}
