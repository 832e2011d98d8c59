// Looks up the name of a server within the doctor's time, and says why it has no address: a name that does not exist is
// another matter than a name server that cannot be asked.
import { lookup } from "node:dns/promises";
import { withinMs } from "../within.ts";

const LOOKUP_LIMIT_MS = 2_000;

export interface LookedUp {
  readonly found: readonly { readonly address: string; readonly family: number }[];
  /** Code of getaddrinfo, such as EAI_AGAIN or ENOTFOUND, or ETIMEOUT; undefined if addresses were found. */
  readonly reason: string | undefined;
}

/** Takes 2 s at most; never rejects. */
export async function lookUp(host: string): Promise<LookedUp> {
  const asked = lookup(host, { all: true }).then(
    (found): LookedUp => ({ found, reason: undefined }),
    (error: NodeJS.ErrnoException): LookedUp => ({ found: [], reason: error.code ?? error.message }),
  );
  return (await withinMs(LOOKUP_LIMIT_MS, asked)) ?? { found: [], reason: "ETIMEOUT" };
}
