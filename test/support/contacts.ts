// People who keep each other, without the conversation in which they come to it.
import { mkdir } from "node:fs/promises";
import { People } from "../../src/pairing/people.ts";
import type { Person } from "./processes.ts";

export const VERIFIED_AT = "2026-05-03T10:00:00.000Z";

/** Ann and Bob have kept each other, Bob her as 王芳. */
export async function keepEachOther(ann: Person, bob: Person): Promise<void> {
  for (const { stateDir } of [ann, bob]) await mkdir(stateDir, { recursive: true });
  const [ofAnn, ofBob] = await Promise.all([People.open(ann.stateDir), People.open(bob.stateDir)]);
  const [annKey, bobKey] = await Promise.all([ofAnn.ownKey(), ofBob.ownKey()]);
  await ofAnn.keep({ publicKey: bobKey.publicKey, name: "Bob", verifiedAt: VERIFIED_AT });
  const annAsKept = { name: "王芳", calledThemselves: "Wang", verifiedAt: VERIFIED_AT };
  await ofBob.keep({ publicKey: annKey.publicKey, ...annAsKept });
}
