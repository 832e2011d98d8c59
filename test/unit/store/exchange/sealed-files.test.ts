// Sealed files in the folder: who opens them is a port, that they are waited for and kept is the folder's.
import { describe, expect, test } from "vitest";
import { decodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import { answer, bytesOf, offer } from "../../exchange/fixtures.ts";
import { offering, text } from "./side.ts";

const OWN = "LocaltionJson.json";
const PEER = "LocaltionJson_p.json";

describe("a sealed file", () => {
  const SEALED = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";
  /** Opens everything, and finds an answer in it. */
  const opening = async (bytes: Uint8Array, path: string) => {
    const decoding = decodeExchangeDocument(bytes, path);
    const isSealed = !decoding.ok && decoding.error.code === "FILE_SEALED";
    return await Promise.resolve(isSealed ? decodeExchangeDocument(bytesOf(text(answer())), path) : decoding);
  };

  test("is opened by whoever can, and told under any name by whoever cannot", async () => {
    const closed = await offering();
    expect(await closed.watch(1_000, [500, () => closed.put("from bob.json", SEALED)])).toEqual([
      "500 refused from bob.json: FILE_SEALED",
    ]);
    const open = await offering({ read: opening });
    expect(await open.watch(1_000, [500, () => open.put("from bob.json", SEALED)])).toEqual([
      "500 peer from bob.json: serve 3210",
    ]);
  });

  test("that is half-written is waited for, and told when nothing more comes", async () => {
    const side = await offering({ read: opening });
    const half = SEALED.slice(0, 50);
    expect(await side.watch(12_000, [500, () => side.put(PEER, half)], [4_000, () => side.put(PEER, SEALED)])).toEqual([
      `4000 peer ${PEER}: serve 3210`,
    ]);
    const lost = await offering({ read: opening });
    expect(await lost.watch(12_000, [500, () => lost.put(PEER, half)])).toEqual([
      `5500 refused ${PEER}: FILE_SEAL_DAMAGED`,
    ]);
  });

  test("dropped over our own is kept, and opened under its new name", async () => {
    const side = await offering({ read: opening });
    expect(await side.watch(2_000, [500, () => side.put(OWN, SEALED)])).toEqual([
      `500 own-overwritten ${OWN} → ${PEER}`,
      `750 peer ${PEER}: serve 3210`,
    ]);
    expect([await side.read(OWN), await side.read(PEER)]).toEqual([text(offer()), SEALED]);
  });
});
