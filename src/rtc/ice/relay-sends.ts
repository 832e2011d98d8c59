// What waits for a TURN server. It is asked for a channel before the first datagram to an address leaves, one address
// after the other, 6 s each where it is silent: werift lets everything wait that is sent meanwhile.
import type { WeriftRelay } from "../werift.ts";

/** Checks of three seconds. What is lost beyond them is sent again by its schedule. */
export const MAX_WAITING_SENDS = 64;

/** Checks, and answers to those of others, are lost where so many wait already. */
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
