// Documents changed in one to four random ways are read as they were written, or refused: a document is never taken that
// says something else than its writer. `npm run test:long` tries ten thousand.
import { expect, test } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { withDigest } from "../../src/exchange/digest.ts";
import type { OwnDocument } from "../../src/exchange/description.ts";
import { mangled } from "../support/mangling.ts";
import { scaled } from "../support/scale.ts";
import { answer, bytesOf, decode, description, foreign, offer } from "../unit/exchange/fixtures.ts";

const COMBINATIONS = scaled(150, 10_000);
const TIMEOUT_MS = scaled(60_000, 1_800_000);
/** Of random combinations some lose what cannot be found again; most lose nothing. */
const MIN_READ = 0.6;

const CANDIDATES = [
  "candidate:3 1 udp 2122260223 192.0.2.31 54321 typ host",
  "candidate:4 1 udp 1686052607 203.0.113.77 61234 typ srflx raddr 192.0.2.31 rport 54321",
  "candidate:5 1 udp 2122262783 2001:db8:10:24:31a:ff:fe00:77 49152 typ host",
];

function realistic(document: OwnDocument): OwnDocument {
  const value = JSON.parse(encodeExchangeDocument(document)) as { icecandidate: string[] };
  value.icecandidate = CANDIDATES.map((candidate) => JSON.stringify({ candidate, sdpMLineIndex: 0, sdpMid: "data" }));
  const { remarks: _, ...read } = decode(JSON.stringify(value));
  return read.p2p === undefined ? read : { ...read, p2p: withDigest(read.description, read.p2p) };
}

const DOCUMENTS: Record<string, OwnDocument> = {
  "without a name": realistic(offer()),
  "with a plain name": realistic(offer({ name: "Ann Meier" })),
  "with a name of many characters": realistic(answer({ name: "Ann Müller–“O'Neill” <R&D> 李\u00a0x" })),
  "of another program": realistic(foreign(offer({}, description({ iceUfrag: "F+/4", mid: "0" })))),
};

test.each(Object.entries(DOCUMENTS))(
  `${COMBINATIONS} combinations of damage to a document %s give no wrong one`,
  { timeout: TIMEOUT_MS },
  (_, document) => {
    const text = encodeExchangeDocument(document);
    let read = 0;
    for (let seed = 1; seed <= COMBINATIONS; seed += 1) {
      const { result, ways } = mangled(text, seed);
      const decoding = decodeExchangeDocument(typeof result === "string" ? bytesOf(result) : result, "f.json");
      if (!decoding.ok) {
        if (process.env["P2P_FUZZ_FIGURES"] === "2") console.log(ways.join(" "), "|", decoding.error.message);
        continue;
      }
      read += 1;
      const { remarks: __, ...found } = decoding.document;
      expect(found, `seed ${seed}: ${ways.join(", ")}`).toEqual(document);
    }
    if (process.env["P2P_FUZZ_FIGURES"] === "1") console.log({ read, of: COMBINATIONS });
    expect(read).toBeGreaterThan(COMBINATIONS * MIN_READ);
  },
);
