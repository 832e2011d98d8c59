// Documents changed in one to four random ways are read as they were written, or refused: a document is never taken that
// says something else than its writer. `npm run test:long` tries ten thousand; docs/testing.md has the figures.
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { withDigest } from "../../src/exchange/digest.ts";
import type { OwnDocument } from "../../src/exchange/description.ts";
import { mangled } from "../support/mangling.ts";
import { scaled } from "../support/scale.ts";
import { answer, bytesOf, decode, description, foreign, offer } from "../unit/exchange/fixtures.ts";

/** Of each of the four documents. */
const COMBINATIONS = scaled(100, 2_500);
const TIMEOUT_MS = scaled(60_000, 1_800_000);
/** Of random combinations some lose what cannot be found again; most lose nothing. */
const MIN_READ = 0.6;
/** `P2P_FUZZ_SEEDS=501-1000` runs a part; `P2P_FUZZ_FIGURES=1` prints the figures, `2` also what is refused. */
const [FIRST = 1, LAST = COMBINATIONS] = (process.env["P2P_FUZZ_SEEDS"] ?? "").split("-").filter(Boolean).map(Number);
const FIGURES = process.env["P2P_FUZZ_FIGURES"];

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

/** What the seeds of one document come to. Documents have seeds of their own, so that no combination is tried twice. */
function outcomesOf(document: OwnDocument, place: number) {
  const text = encodeExchangeDocument(document);
  const figures = { combinations: LAST - FIRST + 1, read: 0, altered: 0, named: 0, unnamed: 0, wrong: 0 };
  const wrong: string[] = [];
  for (let seed = FIRST; seed <= LAST; seed += 1) {
    const { result, ways } = mangled(text, seed * 4 + place);
    const decoding = decodeExchangeDocument(typeof result === "string" ? bytesOf(result) : result, "f.json");
    if (!decoding.ok) {
      const { params } = decoding.error;
      const isUnnamed = "flaw" in params && typeof params.flaw !== "string" && params.flaw.flaw === "not-json";
      figures[isUnnamed ? "unnamed" : "named"] += 1;
      if (FIGURES === "2") console.log(ways.join(" "), "|", decoding.error.message);
      continue;
    }
    const { remarks, ...found } = decoding.document;
    if (isDeepStrictEqual(found, document)) figures.read += 1;
    // A document whose digest differs is used as if a person had changed it, and that is said.
    else if (remarks.some(({ remark }) => remark === "altered") && differsInName(found, document)) figures.altered += 1;
    else wrong.push(`seed ${seed}: ${ways.join(", ")}`);
  }
  figures.wrong = wrong.length;
  return { figures, wrong };
}

/** What is taken for the doing of a person is what a person has chosen. */
function differsInName({ p2p, ...rest }: OwnDocument, document: OwnDocument): boolean {
  const { name: _, ...key } = p2p ?? {};
  const { name: __, ...ownKey } = document.p2p ?? {};
  return isDeepStrictEqual({ ...rest, p2p: key }, { ...document, p2p: ownKey });
}

test.each(Object.entries(DOCUMENTS).map(([what, document], place) => [what, document, place] as const))(
  `${COMBINATIONS} combinations of damage to a document %s give no wrong one`,
  { timeout: TIMEOUT_MS },
  (_, document, place) => {
    const { figures, wrong } = outcomesOf(document, place);
    if (FIGURES !== undefined) console.log(JSON.stringify(figures));
    expect(wrong).toEqual([]);
    expect(figures.read).toBeGreaterThan(figures.combinations * MIN_READ);
  },
);
