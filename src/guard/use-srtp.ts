// The extension use_srtp of a hello: which protection profiles for media its sender offers, or has chosen. Read by
// ourselves, so that a peer without a profile of ours still gets its data. RFC 5764 §4.1, RFC 5246 §7.4.1.

/** The numbers of the profiles that we speak. RFC 5764 §4.1.2, RFC 7714 §14.2. */
export const SrtpProfileId = { AES128_CM_HMAC_SHA1_80: 0x0001, AEAD_AES_128_GCM: 0x0007 } as const;

const USE_SRTP = 14;
/** Version and random. */
const FIXED_BYTES = 2 + 32;

/** Profiles of a ClientHello in its order; none when it has no such extension, or one that is not well-formed. */
export function offeredSrtpProfiles(clientHello: Uint8Array): number[] {
  const view = viewOf(clientHello);
  const cookieAt = skip(view, FIXED_BYTES, 1);
  const suitesAt = skip(view, cookieAt, 1);
  const compressionAt = skip(view, suitesAt, 2);
  return profilesIn(view, skip(view, compressionAt, 1))?.profiles ?? [];
}

/**
 * The profile that a ServerHello has chosen.
 * @returns undefined when it has chosen none, or not exactly one, or a key identifier that we have not offered
 */
export function chosenSrtpProfile(serverHello: Uint8Array): number | undefined {
  const view = viewOf(serverHello);
  // The suite and the compression method follow the session id.
  const sessionEnd = skip(view, FIXED_BYTES, 1);
  const chosen = profilesIn(view, sessionEnd === undefined ? undefined : sessionEnd + 3);
  return chosen?.profiles.length === 1 && !chosen.hasKeyIdentifier ? chosen.profiles[0] : undefined;
}

function viewOf(body: Uint8Array): DataView {
  return new DataView(body.buffer, body.byteOffset, body.length);
}

/** The end of a vector that begins with its length. @param at - where that begins; undefined: nowhere */
function skip(view: DataView, at: number | undefined, lengthBytes: 1 | 2): number | undefined {
  if (at === undefined || at + lengthBytes > view.byteLength) return undefined;
  const end = at + lengthBytes + (lengthBytes === 1 ? view.getUint8(at) : view.getUint16(at));
  return end > view.byteLength ? undefined : end;
}

interface UseSrtp {
  profiles: number[];
  hasKeyIdentifier: boolean;
}

/** @param from - where the list of extensions begins with its length */
function profilesIn(view: DataView, from: number | undefined): UseSrtp | undefined {
  const end = skip(view, from, 2);
  if (from === undefined || end !== view.byteLength) return undefined;
  for (let at = from + 2; at + 4 <= end; at += 4 + view.getUint16(at + 2)) {
    if (view.getUint16(at) === USE_SRTP) return profilesOf(view, at + 2);
  }
  return undefined;
}

/** @param at - where the extension's content begins with its length */
function profilesOf(view: DataView, at: number): UseSrtp | undefined {
  const end = skip(view, at, 2);
  const listEnd = end === undefined ? undefined : skip(view, at + 2, 2);
  // The key identifier, mostly empty, ends the extension.
  if (listEnd === undefined || (listEnd - at) % 2 !== 0 || skip(view, listEnd, 1) !== end) return undefined;
  const profiles: number[] = [];
  for (let profileAt = at + 4; profileAt + 2 <= listEnd; profileAt += 2) profiles.push(view.getUint16(profileAt));
  return { profiles, hasKeyIdentifier: view.getUint8(listEnd) > 0 };
}
