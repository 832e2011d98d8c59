// The interface of a port mapping protocol, as port-mapper.ts uses it.
import type { MappingProtocol } from "../../lib/nat-summary.ts";
import type { Grant, PortWish } from "../../nat/port-mapping/granted.ts";

/**
 * The lifetime to request, in seconds. RFC 6886 §3.3 recommends it; a program that crashes leaves its mapping that
 * long.
 */
export const LIFETIME_SECONDS = 7_200;

export interface MappingClient {
  /** The protocol, known once it has granted a mapping. */
  readonly protocol: MappingProtocol;
  /** Prepares for requests. Rejects when there is no router to ask. */
  find(): Promise<void>;
  /** Requests or renews a mapping. Rejects when the router refuses or does not answer. */
  map(wish: PortWish): Promise<Grant>;
  /** Deletes a mapping. Rejects like `map`. */
  unmap(wish: PortWish): Promise<void>;
  /** Pending requests reject. */
  close(): void;
}
