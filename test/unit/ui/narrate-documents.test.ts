// What a person reads of the two exchange documents.
import { describe, expect, it } from "vitest";
import { errorEvent, SHORT_CODE_NAME } from "../../../src/command-port.ts";
import { P2pError, type PersonEvent } from "../../../src/index.ts";
import { THIS_EVENING, told } from "./narration-context.ts";

describe("the sentences of exchange documents", () => {
  const offer = {
    event: "local-file",
    type: "offer",
    id: "ab",
    revision: 1,
    candidates: 3,
    expiresAt: THIS_EVENING,
  } as const;

  it("says what to carry, where to, what comes back and until when", () => {
    expect(told({ ...offer, path: "/x/LocaltionJson.json" })).toEqual([
      "wrote /x/LocaltionJson.json: 3 addresses, good until 21:30",
      "carry /x/LocaltionJson.json to the other side (by mail, chat, a stick), who then runs, in its folder: p2p answer LocaltionJson.json",
    ]);
  });

  it("says which of the file and the page to carry, and where the page is", () => {
    expect(told({ ...offer, path: "/x/LocaltionJson.json", page: "/x/LocaltionJson.html" }).slice(1, 4)).toEqual([
      expect.stringMatching(/^wrote \/x\/LocaltionJson\.html as well/),
      expect.stringMatching(/^who carries a page/),
      "carry one of the two to the other side (by mail, chat, a stick): /x/LocaltionJson.html, to open in a browser; or /x/LocaltionJson.json, to run, in its folder: p2p answer LocaltionJson.json",
    ]);
  });

  it("says both ways, the code alone in its line", () => {
    const code = `p2p:${"5".repeat(150)}`;
    expect(told({ ...offer, code, path: "/x/LocaltionJson.json" }, { takesPaste: true })).toEqual([
      "wrote /x/LocaltionJson.json: 3 addresses, good until 21:30",
      "carry /x/LocaltionJson.json to the other side (there: p2p answer LocaltionJson.json), or only this code (there: p2p answer, then paste it):",
      code,
    ]);
    expect(told({ ...offer, code, type: "answer", path: "/x/LocaltionJson.json" }).slice(1)).toEqual([
      "carry /x/LocaltionJson.json back, where it is called LocaltionJson_p.json, or only this code, to be pasted where they wait:",
      code,
    ]);
    expect(told({ event: "no-code", why: "sealed" })).toEqual(["no short code: it is sealed, and a code would not be"]);
  });

  it("has the command of the other side as it can be pasted into a shell", () => {
    const commandFor = (path: string): string | undefined => told({ ...offer, path })[1]?.split("folder: ")[1];
    expect(commandFor("/x/LocaltionJson (1).json")).toBe('p2p answer "LocaltionJson (1).json"');
    // Only a sealed file of our name is known to be one where it stands as a PATH.
    expect(commandFor("/x/my offer.json")).toBe('p2p answer --in "my offer.json"');
    expect(commandFor("/x/-o.json")).toBe("p2p answer --in ./-o.json");
  });

  it("says in three lines what to carry and both ways of what comes back, in either language", () => {
    for (const [lang, way] of [
      ["en", "or paste it or its short code here"],
      ["zh", "短码"],
    ] as const) {
      const events = [
        { ...offer, path: "/x/a.json" },
        { event: "file-awaited", path: "/x/b.json" },
      ] as const;
      const lines = events.flatMap((event) => told(event, { takesPaste: true }, lang));
      expect(lines).toHaveLength(3);
      expect(lines[2]).toContain("/x/b.json");
      expect(lines[2]).toContain(way);
    }
  });

  it("says how the answer goes back", () => {
    expect(told({ ...offer, type: "answer", path: "/x/LocaltionJson.json", candidates: 1 })).toEqual([
      "wrote /x/LocaltionJson.json: 1 address, good until 21:30",
      "carry /x/LocaltionJson.json back; over there it is called LocaltionJson_p.json",
    ]);
  });

  it("does not call stdout or stdin a file", () => {
    expect(told({ ...offer, path: "-" })).toEqual([
      expect.stringMatching(/^wrote the document on stdout: /),
      "hand it to 'p2p answer --in -' on the other side",
    ]);
    expect(told({ ...offer, type: "answer", path: "-" })[1]).toBe("hand it back to the side that made the offer");
    expect(told({ event: "file-awaited", path: "-" })).toEqual([
      "waiting for the other side's document on stdin (Ctrl-C ends)",
    ]);
    expect(told({ event: "peer-file", type: "offer", path: "-" })).toEqual(["read the other side's offer from stdin"]);
  });

  it("calls the pipe of a command what was typed for it", () => {
    for (const path of ["/dev/fd/63", "/proc/self/fd/11"]) {
      expect(told({ event: "file-awaited", path })).toEqual([
        "waiting for the other side's document from <(…) (Ctrl-C ends)",
      ]);
      expect(told({ event: "peer-file", type: "offer", path })).toEqual(["found the other side's offer: <(…)"]);
    }
  });

  it("asks for no file before it is known that none is there, nor for a short code that was given", () => {
    expect(told({ event: "waiting", for: "file", path: "/x/b.json" })).toEqual([]);
    expect(told({ event: "file-awaited", path: SHORT_CODE_NAME })).toEqual([]);
    expect(told({ event: "file-awaited" })).toEqual(["waiting for the other side's file (Ctrl-C ends)"]);
  });

  it("asks to carry a rewritten file again", () => {
    expect(told({ event: "file-rewritten", path: "/x/L.json", revision: 2, why: "late-candidates" })).toEqual([
      "more addresses were found: /x/L.json is written anew",
      "carry /x/L.json to the other side again: revision 2 replaces the one before",
    ]);
  });

  it("says why the file that was carried is no longer true, and which one to carry", () => {
    const rewritten = { event: "file-rewritten", path: "/x/L.json", revision: 3 } as const;
    expect(told({ ...rewritten, why: "mapping-changed" })).toEqual([
      "the router shows us under another public address: /x/L.json is written anew",
      "carry /x/L.json to the other side again: revision 3 replaces the one before",
    ]);
    expect(told({ ...rewritten, why: "address-gone" })).toEqual([
      "an address of this computer is gone: /x/L.json is written anew, one carried before still serves",
    ]);
  });

  it("gives the hint of other ignored files only when verbose", () => {
    const ignored: PersonEvent = {
      event: "file-ignored",
      path: "p",
      error: errorEvent(new P2pError("FILE_OWN", { path: "p" })),
    };
    expect(told(ignored)).toEqual(["ignored p: this is our own file"]);
    expect(told(ignored, { verbose: true })).toHaveLength(2);
    expect(told(ignored, {}, "zh")).toEqual(["已忽略 p：这是我方自己的文件"]);
  });

  it("says of an ignored file that reads as expired what to look at", () => {
    const params = { path: "p", expiresAt: "2026-12-01 00:40", now: "2026-12-02 00:40" };
    const expired: PersonEvent = {
      event: "file-ignored",
      path: "p",
      error: errorEvent(new P2pError("FILE_EXPIRED", params)),
    };
    expect(told(expired).join("\n")).toContain("clock");
    expect(told(expired, {}, "zh").join("\n")).toContain("时钟");
  });

  it("shows a short code as a QR code where the window has room for all of it, else says so", () => {
    const code = `p2p:${"5".repeat(140)}`;
    const shown = told({ event: "qr-code", code, window: { columns: 80, rows: 24 } });
    expect(shown).toEqual(told({ event: "qr-code", code }));
    expect(shown.join("")).toMatch(/^[ █▀▄]+$/);
    expect(told({ event: "qr-code", code, window: { columns: 80, rows: shown.length } })).toEqual([
      `no QR code: it takes a window of ${shown[0]?.length} columns and ${shown.length + 1} rows, and this one has 80 and ${shown.length}; the code as text serves as well`,
    ]);
  });
});
