import { describe, expect, test } from "vitest";
import { decode, description, FINGERPRINT } from "./fixtures.ts";
import { changed, flawOf, withSdp } from "./odd-documents.ts";
import { MIN_P2P_MESSAGE_SIZE } from "../../../src/exchange/limits.ts";
import { MAX_CONTROL_MESSAGE_CHARS } from "../../../src/control/messages.ts";
import { MIN_MESSAGE_BYTES } from "../../../src/transfer/limits.ts";

/** @param isP2p - with a `p2p` key */
function announcing(bytes: number, isP2p: boolean): string {
  return changed(({ outer }) => {
    outer["sdp"] = String(outer["sdp"]).replace("size:262144", `size:${bytes}`);
    if (!isP2p) delete outer["p2p"];
  });
}

describe("reading SDP", () => {
  test("takes LF, session-level values, lower-case hex, upper-case names and unknown lines", () => {
    const sdp = [
      "v=0",
      `a=FINGERPRINT:SHA-256 ${FINGERPRINT.toLowerCase()}`,
      "a=ice-ufrag:sess",
      "a=ice-pwd:abcdefghijklmnopqrstuv",
      "a=setup:ACTIVE",
      "a=ice-lite",
      "c=IN IP4",
      "nonsense",
      "a=",
      "M=Application 9 udp/dtls/sctp webrtc-datachannel",
      "a=mid:1",
      "a=ice-ufrag:medi",
      "a=sctp-port:5001",
      "a=max-message-size:0",
      "a=__proto__:x",
    ].join("\n");
    expect(decode(JSON.stringify({ type: "offer", sdp })).description).toEqual({
      ...description({ mid: "1", iceUfrag: "medi", setup: "active", iceLite: true, sctpPort: 5001, maxMessageSize: 0 }),
      candidates: [],
    });
  });

  test("finds ice-lite in the data section too, where some servers write it", () => {
    const read = decode(withSdp((sdp) => sdp.replace("a=mid:", "a=ice-lite\r\na=mid:")));
    expect(read.description.iceLite).toBe(true);
  });

  test("assumes a missing mid, setup and sctp-port, and says so", () => {
    const strip = (sdp: string): string => sdp.replace(/a=(group|mid|setup|sctp-port|max-message-size):.*\r\n/g, "");
    const read = decode(withSdp(strip));
    expect(read.description).toMatchObject({ mid: "0", setup: "actpass", sctpPort: 5000, maxMessageSize: 65_535 });
    expect(read.remarks).toEqual([
      { remark: "line-assumed", line: "a=mid:0" },
      { remark: "line-assumed", line: "a=setup:actpass" },
      { remark: "line-assumed", line: "a=sctp-port:5000" },
      { remark: "no-candidates" },
    ]);
    expect(decode(withSdp(strip, "answer")).description.setup).toBe("passive");
  });

  test("finds the data section among others and names them", () => {
    const read = decode(
      withSdp((sdp) =>
        sdp.replace("m=application", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=ice-ufrag:audi\r\nm=application"),
      ),
    );
    expect(read.description).toMatchObject({ mid: "data", iceUfrag: "abcd" });
    expect(read.remarks).toContainEqual({ remark: "other-sections", kinds: ["audio"] });
  });

  test("takes 64 fingerprints and no more, none longer than a hash", () => {
    const others = (count: number): string => "a=fingerprint:x-hash AA\r\n".repeat(count);
    expect(decode(withSdp((sdp) => sdp + others(63))).description.fingerprints).toHaveLength(2);
    expect(flawOf(withSdp((sdp) => sdp + others(64)))).toMatchObject({
      field: "sdp: a=fingerprint",
      flaw: "too-many-fingerprints",
    });
    const long = `a=fingerprint:x-hash ${"AA:".repeat(64)}AA\r\n`;
    expect(flawOf(withSdp((sdp) => sdp + long))).toMatchObject({ field: "sdp: a=fingerprint" });
  });

  test("passes over what it does not use, and takes as many sections as an answer can repeat", () => {
    const much = (count: number): string =>
      Array.from({ length: count }, (_, at) => `m=x${at} 9 x\r\n${"a=y:z\r\n".repeat(20)}`).join("");
    const { description, remarks } = decode(withSdp((sdp) => sdp + much(255)));
    expect(description).toEqual(decode(withSdp((sdp) => sdp)).description);
    const kinds = remarks.flatMap((remark) => (remark.remark === "other-sections" ? remark.kinds : []));
    expect(kinds).toHaveLength(10);
    expect(flawOf(withSdp((sdp) => sdp + much(256)))).toMatchObject({ field: "sdp", flaw: "too-many-sections" });
  });

  test("keeps other fingerprints beside sha-256, each once", () => {
    const sha1 = `sha-1 ${FINGERPRINT.slice(0, 59)}`;
    const read = decode(withSdp((sdp) => `${sdp}a=fingerprint:${sha1}\r\na=fingerprint:${sha1.toUpperCase()}\r\n`));
    expect(read.description.fingerprints.map(({ algorithm }) => algorithm)).toEqual(["sha-256", "sha-1"]);
  });

  test("takes DTLS/SCTP with any port in the old form, also without sctpmap", () => {
    const read = decode(withSdp((sdp) => sdp.replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5999")));
    expect(read.description).toMatchObject({ form: "legacy", sctpPort: 5999 });
  });

  test.each<[string, (sdp: string) => string, string, string]>([
    ["no data section", (sdp) => sdp.replace("application", "audio"), "sdp", "no-data-section"],
    ["another protocol", (sdp) => sdp.replace("UDP/DTLS/SCTP", "TCP/MSRP"), "sdp", "no-data-section"],
    [
      "a refused section",
      (sdp) => sdp.replace("application 9", "application 0"),
      "sdp: m=application",
      "section-rejected",
    ],
    ["no ufrag", (sdp) => sdp.replace(/a=ice-ufrag.*\r\n/, ""), "sdp: a=ice-ufrag", "missing"],
    [
      "an ufrag with a blank within",
      (sdp) => sdp.replace("ufrag:abcd", "ufrag:ab cd"),
      "sdp: a=ice-ufrag",
      "ice-ufrag",
    ],
    ["a short ufrag", (sdp) => sdp.replace("ufrag:abcd", "ufrag:abc"), "sdp: a=ice-ufrag", "ice-ufrag"],
    ["an odd pwd", (sdp) => sdp.replace("pwd:abc", "pwd:a c"), "sdp: a=ice-pwd", "ice-pwd"],
    ["no fingerprint", (sdp) => sdp.replace(/a=fingerprint.*\r\n/, ""), "sdp: a=fingerprint", "missing"],
    ["a short fingerprint", (sdp) => sdp.replace(":2F\r\n", "\r\n"), "sdp: a=fingerprint", "fingerprint"],
    ["a fingerprint that is no hex", (sdp) => sdp.replace(":2F\r\n", ":2G\r\n"), "sdp: a=fingerprint", "fingerprint"],
    ["only sha-512", (sdp) => sdp.replace("sha-256 ", `sha-512 ${FINGERPRINT}:`), "sdp: a=fingerprint", "no-sha-256"],
    ["an odd setup", (sdp) => sdp.replace("setup:actpass", "setup:holdconn"), "sdp: a=setup", "setup-of-offer"],
    ["an odd mid", (sdp) => sdp.replace("mid:data", "mid:a b"), "sdp: a=mid", "word"],
    ["an odd sctp-port", (sdp) => sdp.replace("sctp-port:5000", "sctp-port:70000"), "sdp: a=sctp-port", "port"],
    ["an odd size", (sdp) => sdp.replace("size:262144", "size:-1"), "sdp: a=max-message-size", "number"],
  ])("refuses %s", (_name, change, field, flaw) => {
    expect(flawOf(withSdp(change))).toEqual({ field, flaw, incomplete: false, isExchange: true });
  });

  test.each([1, 2, 4, 500, 32_767])("refuses a peer of ours that announces %i bytes: they carry no session", (size) => {
    expect(flawOf(announcing(size, true))).toMatchObject({
      field: "sdp: a=max-message-size",
      flaw: "p2p-message-size",
    });
  });

  test.each([0, 32_768, 65_536, 2 ** 53])("takes a peer of ours that announces %i bytes", (size) => {
    const taken = Math.min(size, Number.MAX_SAFE_INTEGER);
    expect(decode(announcing(size, true)).description.maxMessageSize).toBe(taken);
  });

  test.each([
    [0, 0],
    [1, 4],
    [3, 4],
    [4, 4],
    [100, 100],
  ])("takes another program that announces %i bytes for one that takes %i", (size, taken) => {
    expect(decode(announcing(size, false)).description.maxMessageSize).toBe(taken);
  });

  test("asks of a peer of ours what files need, and more than any control message", () => {
    expect(MIN_P2P_MESSAGE_SIZE).toBeGreaterThanOrEqual(MIN_MESSAGE_BYTES);
    expect(MIN_P2P_MESSAGE_SIZE).toBeGreaterThanOrEqual(MAX_CONTROL_MESSAGE_CHARS);
  });

  test("refuses an answer that leaves the DTLS role open", () => {
    const text = withSdp((sdp) => sdp.replace("setup:active", "setup:actpass"), "answer");
    expect(flawOf(text)).toMatchObject({ field: "sdp: a=setup", flaw: "setup-of-answer" });
  });
});
