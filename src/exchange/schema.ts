// The shape of an exchange file, checked with zod. Unknown keys are dropped, whatever their names. The message
// of each rule is the name of what is wanted (words/exchange-flaws.ts).
import * as z from "zod";
import { NAT_FILTERINGS, NAT_MAPPINGS, type NatSummary } from "../lib/nat-summary.ts";
import type { Wanted } from "../lib/errors/flaw.ts";
import type { DocumentSignature, P2pKey } from "./description.ts";
import { FlawError, missing, wrongValue } from "./flaw-error.ts";
import { MAX_NAME_LENGTH } from "./limits.ts";
import { parseTimestamp } from "./timestamp.ts";

/** A later version may write a longer digest; this one does not compare it. */
const MAX_DIGEST_LENGTH = 128;

const want = (wanted: Wanted): { error: Wanted } => ({ error: wanted });

const id = z.string(want("id")).regex(/^[0-9a-f]{32}$/, want("id"));
const count = z.int(want("count")).min(1, want("count"));
const time = z.string(want("time")).refine((text) => parseTimestamp(text) !== undefined, want("time"));
const name = z.string(want("name")).max(MAX_NAME_LENGTH, want("name"));

/** The outer object; `sdp` and `icecandidate` may be JSON text or the value that such text encodes. */
const envelope = z.object(
  {
    sdp: z.unknown().optional(),
    type: z.unknown().optional(),
    icecandidate: z.array(z.unknown(), want("list")).optional(),
    p2p: z.unknown().optional(),
  },
  want("object"),
);

/** The browsers' RTCSessionDescriptionInit. */
const sessionDescriptionInit = z.object(
  { type: z.enum(["offer", "answer"], want("offer-or-answer")), sdp: z.string(want("text")) },
  want("object"),
);

/** It only helps to predict the chances: unknown or invalid values count as absent. */
const natSummary = z
  .object({
    mapping: z.enum(NAT_MAPPINGS).optional().catch(undefined),
    filtering: z.enum(NAT_FILTERINGS).optional().catch(undefined),
    udp: z.enum(["open", "silent"]).optional().catch(undefined),
    ipv6: z.boolean().optional().catch(undefined),
    relay: z.boolean().optional().catch(undefined),
    portMapping: z.boolean().optional().catch(undefined),
  })
  .optional()
  .catch(undefined);

const signature = z.object(
  {
    key: z.string(want("key")).regex(/^[0-9a-f]{64}$/, want("key")),
    value: z.string(want("signature")).regex(/^[0-9a-f]{128}$/, want("signature")),
  },
  want("object"),
);

const p2pKey = z.object(
  {
    version: count,
    id,
    inReplyTo: z.exactOptional(id),
    inReplyToRevision: z.exactOptional(count),
    revision: count,
    createdAt: time,
    expiresAt: time,
    name: z.exactOptional(name),
    tool: z.exactOptional(name),
    nat: natSummary,
    digest: z.exactOptional(z.string(want("digest")).max(MAX_DIGEST_LENGTH, want("digest"))),
    signature: z.exactOptional(signature),
  },
  want("object"),
);

function withoutUndefined(nat: { [Key in keyof NatSummary]: NatSummary[Key] | undefined }): NatSummary {
  return Object.fromEntries(Object.entries(nat).filter(([, value]) => value !== undefined)) as NatSummary;
}

export type Envelope = z.infer<typeof envelope>;
export type SessionDescriptionInit = z.infer<typeof sessionDescriptionInit>;

/** @throws FlawError */
export function checkEnvelope(value: unknown): Envelope {
  return check(envelope, value, "");
}

/** @throws FlawError */
export function checkSessionDescriptionInit(value: unknown, field: string): SessionDescriptionInit {
  return check(sessionDescriptionInit, value, field);
}

/** @throws FlawError */
export function checkP2pKey(value: unknown): P2pKey & { signature?: Pick<DocumentSignature, "key" | "value"> } {
  const { nat, name: ownName, tool, ...key } = check(p2pKey, value, "p2p");
  return {
    ...key,
    ...(isBlank(ownName) ? {} : { name: ownName }),
    ...(isBlank(tool) ? {} : { tool }),
    ...(nat === undefined ? {} : { nat: withoutUndefined(nat) }),
  };
}

/** An invisible name counts as none: where it is shown, there would be nothing to see. */
function isBlank(text: string | undefined): text is undefined {
  return text === undefined || text.trim() === "";
}

/** @param field - name of the value itself; "" for the document */
function check<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new FlawError(field, { flaw: "not-exchange" });
  const path = issue.path.map(String);
  const place = [field, ...path].filter((part) => part !== "").join(".");
  if (path.length === 1 && isAbsent(value, path[0] ?? "")) throw missing(place);
  throw wrongValue(place, issue.message as Wanted);
}

function isAbsent(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && !Object.hasOwn(value, key);
}
