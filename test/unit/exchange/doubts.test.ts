// What a person hears at once about the file of the other side.
import { expect, test } from "vitest";
import { doubtsAbout } from "../../../src/exchange/doubts.ts";
import type { SdpLayout, SdpSection } from "../../../src/exchange/description.ts";
import { plainLayout } from "../../../src/exchange/sdp-layout.ts";
import { doubtWords } from "../../../src/words/doubts.ts";
import { DOCUMENT_SHAPES, SDP_DIALECTS } from "../../support/foreign/public-documents.ts";
import { carried, decode, offer } from "./fixtures.ts";
import { changed } from "./odd-documents.ts";

function textOf(name: string): string {
  const found = [...DOCUMENT_SHAPES, ...SDP_DIALECTS].find(([title]) => title.startsWith(name));
  return found?.[1] ?? expect.fail(name);
}

test.each<[string, unknown[]]>([
  ["s01", []],
  ["c47", [{ doubt: "no-addresses" }]],
  ["c29", [{ doubt: "only-local-names", count: 1 }]],
  ["c49", [{ doubt: "no-usable-address", count: 1 }]],
  ["c01", [{ doubt: "other-sections", kinds: ["audio"] }]],
  [
    "c04",
    [
      { doubt: "other-sections", kinds: ["audio"] },
      { doubt: "candidates-left-out", count: 1 },
    ],
  ],
  ["c40", [{ doubt: "candidates-left-out", count: 1 }]],
  ["s03", [{ doubt: "type-assumed", type: "offer" }]],
  [
    "candidates under a name that says nothing",
    [{ doubt: "no-addresses" }, { doubt: "candidates-elsewhere", key: "paths", count: 1 }],
  ],
])("%s", (name, doubts) => {
  expect(doubtsAbout(decode(textOf(name)))).toEqual(doubts);
});

test("our own documents are beyond doubt, unless they have no address", () => {
  expect(doubtsAbout(carried(offer()))).toEqual([]);
  expect(doubtsAbout(decode(changed(({ outer }) => (outer["icecandidate"] = []))))).toEqual([
    { doubt: "no-addresses" },
  ]);
});

test("sound and picture in a document of p2p need no word: they are agreed on in the session", () => {
  const remarks = [{ remark: "other-sections" as const, kinds: ["audio", "video"] }];
  const { p2p, ...foreign } = { ...carried(offer()), remarks };
  expect(doubtsAbout({ ...foreign, ...(p2p && { p2p }) })).toEqual([]);
  expect(doubtsAbout(foreign)).toEqual([{ doubt: "other-sections", kinds: ["audio", "video"] }]);
});

test("sections that this side uses need no word either, the others do", () => {
  const { p2p: _, ...foreign } = carried(offer());
  const remarks = [{ remark: "other-sections" as const, kinds: ["audio", "VIDEO", "text"] }];
  const layout = layoutWith({ kind: "video", direction: "sendrecv", state: "live" });
  expect(doubtsAbout({ ...foreign, remarks, layout }, ["audio", "video"])).toEqual([
    { doubt: "other-sections", kinds: ["text"] },
  ]);
});

/** A data channel, and one section beside it. */
function layoutWith(section: Pick<SdpSection, "kind" | "direction" | "state">): SdpLayout {
  const { sections, bundle } = plainLayout({ form: "modern", mid: "0" });
  const beside = { isData: false, protocol: "", formats: [], mid: "1", hasRtcpMux: true, codecLines: [] };
  return { sections: [...sections, { ...beside, stream: undefined, ...section }], bundle };
}

test("a document of another program that can carry no sound and no picture is told where there shall be some", () => {
  const { p2p, ...foreign } = { ...carried(offer()), remarks: [] };
  const told = [{ doubt: "no-media" }];
  expect(doubtsAbout(foreign, ["video"])).toEqual(told);
  expect(doubtsAbout(foreign)).toEqual([]);
  expect(doubtsAbout({ ...foreign, ...(p2p && { p2p }) }, ["video"])).toEqual([]);
  const besides = (section: Parameters<typeof layoutWith>[0]): unknown =>
    doubtsAbout({ ...foreign, layout: layoutWith(section) }, ["video"]);
  expect(besides({ kind: "VIDEO", direction: "recvonly", state: "live" })).toEqual([]);
  expect(besides({ kind: "video", direction: "sendrecv", state: "rejected" })).toEqual(told);
  expect(besides({ kind: "video", direction: "inactive", state: "live" })).toEqual(told);
  expect(besides({ kind: "audio", direction: "sendrecv", state: "live" })).toEqual(told);
});

test("one address that is of no use is told as that", () => {
  expect(doubtWords.en["no-usable-address"]({ count: 1 })).toContain("its only address cannot be used");
  expect(doubtWords.en["no-usable-address"]({ count: 2 })).toContain("none of its 2 addresses can be used");
});
