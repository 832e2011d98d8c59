// One protocol by which a router maps ports, as port-mapper.ts sees it.
import type { MappingProtocol } from "../../lib/nat-summary.ts";
import type { Grant, PortWish } from "../../nat/port-mapping/granted.ts";

/** How long a mapping is asked for, in seconds. RFC 6886 §3.3 recommends as much; a program that dies leaves it so long. */
export const LIFETIME_SECONDS = 7_200;

export interface MappingClient {
  /** Which it is, once it has granted something. */
  readonly protocol: MappingProtocol;
  /** Gets ready to ask. Rejects where there is nobody who could be asked. */
  find(): Promise<void>;
  /** Asks for a mapping, or for more time. Rejects when the router refuses or does not answer. */
  map(wish: PortWish): Promise<Grant>;
  /** Gives one back. Rejects like `map`. */
  unmap(wish: PortWish): Promise<void>;
  /** What is being asked rejects. */
  close(): void;
}
