// Peers of the tests, each closed after its test.
import { afterEach } from "vitest";
import { RtcPeer } from "../../src/rtc/peer.ts";
import { LOOPBACK_ONLY } from "./loopback.ts";

/** @returns creates a peer that is closed after the test. Call it once, at the top of a file of tests */
export function peersPerTest(): () => Promise<RtcPeer> {
  const peers: RtcPeer[] = [];
  afterEach(() => Promise.all(peers.splice(0).map((peer) => peer.close())));
  return async () => {
    const peer = await RtcPeer.create(LOOPBACK_ONLY);
    peers.push(peer);
    return peer;
  };
}
