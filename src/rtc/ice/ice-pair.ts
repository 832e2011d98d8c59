// A candidate pair as paths/ sees it: a view of werift's pair, which holds the state that both must agree about.
import type { PathPair } from "../../paths/path-machine.ts";
import { PairState, type WeriftPair } from "../werift.ts";
import { isNeighbour, isOwnAddress } from "./addresses.ts";
import { tcpOf } from "./tcp-transport.ts";

const NUMBERS = {
  waiting: PairState.WAITING,
  "in-progress": PairState.IN_PROGRESS,
  succeeded: PairState.SUCCEEDED,
  failed: PairState.FAILED,
} as const;

export class IcePair implements PathPair {
  /** The pair that this is a view of. */
  readonly inside: WeriftPair;

  constructor(inside: WeriftPair) {
    this.inside = inside;
  }

  get transport(): "udp" | "tcp" {
    return tcpOf(this.inside.protocol) === undefined ? "udp" : "tcp";
  }

  get isOneMachine(): boolean {
    const { protocol, remoteAddr } = this.inside;
    return !("turn" in protocol) && isOwnAddress(remoteAddr[0]);
  }

  get isNeighbour(): boolean {
    const { protocol, remoteAddr } = this.inside;
    return !("turn" in protocol) && isNeighbour(remoteAddr[0]);
  }

  get priority(): number {
    return this.inside.priority;
  }

  get state(): PathPair["state"] {
    switch (this.inside.state) {
      case PairState.IN_PROGRESS:
        return "in-progress";
      case PairState.SUCCEEDED:
        return "succeeded";
      case PairState.FAILED:
        return "failed";
      default:
        return "waiting";
    }
  }

  set state(state: PathPair["state"]) {
    this.inside.updateState(NUMBERS[state]);
  }

  get isNamed(): boolean {
    return this.inside.remoteNominated;
  }

  set isNamed(isNamed: boolean) {
    this.inside.remoteNominated = isNamed;
  }

  get isBeingChecked(): boolean {
    return this.inside.state === PairState.IN_PROGRESS;
  }
}
