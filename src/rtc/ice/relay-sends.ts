// Bounds the messages that wait for a TURN server. werift requests a channel before the first datagram to an address
// leaves, one address after the other, 6 s each where the server is silent, and queues everything that is sent
// meanwhile.
import type { WeriftRelay } from "../werift.ts";

/** The checks of three seconds. Messages beyond the limit are lost and sent again by their schedule. */
export const MAX_WAITING_SENDS = 64;

/** Drops checks, and answers to those of others, when too many already wait. */
export function boundSends(relay: WeriftRelay): void {
  const send = relay.sendStun.bind(relay);
  let waitingCount = 0;
  relay.sendStun = async (message, to) => {
    if (waitingCount >= MAX_WAITING_SENDS) return;
    waitingCount += 1;
    try {
      await send(message, to);
    } finally {
      waitingCount -= 1;
    }
  };
}
