import { describe, expect, it } from "vitest";
import { errorEvent } from "../../../src/command-port.ts";
import { type ErrorEvent, P2pError, type P2pEvent, type PersonEvent } from "../../../src/index.ts";
import type { ConnectStage } from "../../../src/lib/events.ts";
import { narrate } from "../../../src/ui/narrate.ts";
import type { NarrateContext } from "../../../src/ui/narration.ts";
import { renderParts } from "../../../src/ui/style.ts";
import { displayWidth } from "../../../src/ui/width.ts";
import { ANSI_STYLE, withoutStyle } from "../../support/styles.ts";
import { narrateContext, THIS_EVENING, told } from "./narration-context.ts";

const HOSTILE = "a\u001b[31m\rb\u202ec\u0007";
const sha256 = "0".repeat(64);

/** One of each event, with hostile text wherever the peer or the disk has a say. */
const EVENTS: P2pEvent[] = [
  { event: "local-file", path: HOSTILE, type: "offer", id: "ab", revision: 2, candidates: 1, expiresAt: THIS_EVENING },
  { event: "local-file", path: HOSTILE, type: "answer", id: "ab", revision: 1, candidates: 3, expiresAt: THIS_EVENING },
  { event: "local-file", type: "answer", id: "ab", revision: 2, candidates: 3, expiresAt: THIS_EVENING },
  { event: "carrier", via: `folder:${HOSTILE}`, state: "waiting" },
  { event: "carrier", via: `folder:${HOSTILE}`, state: "present" },
  { event: "carrier", via: `folder:${HOSTILE}`, state: "delivered" },
  { event: "carrier", via: `folder:${HOSTILE}`, state: "lost" },
  { event: "carrier-open", via: `folder:${HOSTILE}` },
  { event: "file-awaited", path: HOSTILE },
  { event: "file-awaited" },
  { event: "waiting", for: "connection" },
  { event: "peer-file", path: HOSTILE, type: "offer" },
  { event: "peer-file", path: HOSTILE, type: "answer", id: "cd" },
  { event: "connecting" },
  {
    event: "connected",
    pair: { protocol: "udp", local: "1.2.3.4:5", remote: "[::1]:6", kind: "relay" },
    rttMs: 12,
    role: "offer",
  },
  { event: "media", track: 1, direction: "send", kind: "video", codec: "vp8", state: "started" },
  { event: "media", track: 1, direction: "receive", kind: "audio", codec: "opus", state: "stopped" },
  { event: "media", track: 8, direction: "send", kind: "video", codec: "of-a-later-one", state: "failed" },
  { event: "rtp-out", path: HOSTILE, streams: [{ kind: "video", codec: "vp8", address: "127.0.0.1:5004" }] },
  { event: "rtp-in", kind: "audio", codec: "opus", address: "[::1]:5004" },
  { event: "peer-recording", on: true },
  { event: "recorded", bytes: 5, path: HOSTILE },
  { event: "recorded", bytes: 5 },
  { event: "incoming", transfer: "t", files: 2, bytes: 2_048, entries: [] },
  { event: "offered", transfer: "t", files: 1, bytes: 5 },
  { event: "accepted", transfer: "t", direction: "send", resumedFrom: 0 },
  { event: "accepted", transfer: "t", direction: "receive", resumedFrom: 1_048_576 },
  { event: "declined", transfer: "t", direction: "receive", by: "me" },
  { event: "declined", transfer: "t", direction: "send", by: "me" },
  { event: "declined", transfer: "t", direction: "send", by: "me", how: "cancelled" },
  { event: "declined", transfer: "t", direction: "receive", by: "me", how: "cancelled" },
  { event: "declined", transfer: "t", direction: "receive", by: "me", how: "left" },
  { event: "declined", transfer: "t", direction: "receive", by: "peer" },
  { event: "declined", transfer: "t", direction: "receive", by: "peer", how: "left" },
  { event: "file-done", transfer: "t", direction: "receive", path: HOSTILE, bytes: 10, sha256 },
  { event: "file-done", transfer: "t", direction: "receive", path: HOSTILE, bytes: 10, sha256, skipped: true },
  { event: "transfer-done", transfer: "t", direction: "send", files: 2_000, bytes: 8_388_608, ms: 2_000 },
  { event: "transfer-done", transfer: "t", direction: "receive", files: 1, bytes: 0, ms: 0 },
  { event: "verify", words: "zoo zoo zoo", digits: "8589934591", state: "agreed" },
  { event: "verify", words: "", digits: "", state: "agreed", fingerprints: { mine: "0F", peer: "A0" } },
  { event: "error", code: "WRITE_FAILED", message: `cannot write '${HOSTILE}'`, hint: "check" },
  ...(
    ["done", "peer-bye", "quit", "interrupted", "lost", "cannot-connect", "timeout", "rejected", "error"] as const
  ).map((reason): P2pEvent => ({ event: "closed", reason, exit: 0 })),
  errorEvent(new P2pError("TURN_REFUSED", { url: HOSTILE, status: 486, phrase: HOSTILE })),
];

const STAGES: readonly ConnectStage[] = ["no-pairs", "unanswered", "not-chosen", "no-dtls", "no-sctp", "no-channel"];
const FAILED_STAGES: readonly PersonEvent[] = STAGES.flatMap((stage) =>
  [true, false].flatMap((isOfferer) =>
    [true, false].map((isForeign): PersonEvent => {
      const failure = { seconds: 60, pairs: [], why: "not-known", stage, isOfferer, isForeign } as const;
      return { event: "connect-failed", ...failure, goesOn: true };
    }),
  ),
);

const FOR_A_PERSON: PersonEvent[] = [
  { event: "asking-servers", urls: [HOSTILE] },
  { event: "servers-silent", servers: [{ url: HOSTILE, reason: "timeout" }], reach: "network" },
  { event: "local-addresses-only", servers: "none", reach: "computer" },
  { event: "local-addresses-only", servers: "none", reach: "beyond" },
  { event: "local-addresses-only", servers: "silent", reach: "network" },
  { event: "loopback-only" },
  { event: "own-file-overwritten", path: "a", keptAs: HOSTILE },
  { event: "own-file-gone", path: HOSTILE, command: "offer" },
  { event: "file-ignored", path: HOSTILE, error: errorEvent(new P2pError("FILE_OWN", { path: HOSTILE })) },
  { event: "newer-version", path: HOSTILE, version: 2 },
  { event: "file-rewritten", path: HOSTILE, revision: 2, why: "new-offer" },
  { event: "file-rewritten", path: HOSTILE, revision: 2, why: "late-candidates" },
  { event: "file-rewritten", path: HOSTILE, revision: 2, why: "foreign-offer" },
  { event: "file-rewritten", path: HOSTILE, revision: 2, why: "mapping-changed" },
  { event: "file-rewritten", path: HOSTILE, revision: 2, why: "address-came" },
  { event: "file-rewritten", path: HOSTILE, revision: 2, why: "address-gone" },
  { event: "answer-replaced", path: HOSTILE },
  { event: "answer-held", path: HOSTILE },
  { event: "two-offers", weAre: "answer" },
  { event: "two-offers", weAre: "offer" },
  { event: "copied", outcome: "sent" },
  { event: "copied", outcome: "too-long" },
  { event: "copied", outcome: "no-terminal" },
  { event: "qr-code", code: `p2p:${"5".repeat(140)}`, window: { columns: 80, rows: 10 } },
  { event: "pasted", path: HOSTILE },
  { event: "paste-useless" },
  { event: "paste-failed", error: errorEvent(new P2pError("WRITE_FAILED", { path: HOSTILE, reason: "ENOSPC" })) },
  { event: "paste-how" },
  { event: "typed-early", text: HOSTILE, about: "leaving" },
  { event: "typed-early", text: HOSTILE, about: "help" },
  { event: "typed-early", text: HOSTILE, about: "other" },
  { event: "typed-early", text: HOSTILE, about: "other", isCarried: true },
  { event: "line-sealed" },
  { event: "peer-known", name: HOSTILE, verifiedAt: THIS_EVENING },
  { event: "peer-other-key", name: HOSTILE, verifiedAt: THIS_EVENING },
  { event: "peer-unsigned", name: HOSTILE, verifiedAt: THIS_EVENING },
  { event: "contact-possible" },
  { event: "contact-asked" },
  { event: "contact-offered" },
  { event: "contact-kept", name: HOSTILE },
  { event: "foreign-peer" },
  { event: "binary-message", bytes: 12 },
  { event: "channel-refused", by: "me", label: "x", protocol: "p2p-media/1" },
  { event: "channel-refused", by: "peer", label: "x", protocol: "p2p-media/1" },
  { event: "channel-unused", label: HOSTILE, used: HOSTILE },
  { event: "channel-unused", label: "", used: "chat" },
  { event: "prediction", prediction: { outlook: "unlikely", why: "both-symmetric" } },
  {
    event: "connect-failed",
    seconds: 60,
    pairs: [
      {
        local: "1.1.1.1:1",
        remote: HOSTILE,
        localKind: "relay",
        remoteKind: "srflx",
        state: "failed",
        protocol: "udp",
      },
    ],
    why: "symmetric-here",
    stage: "unanswered",
    isOfferer: true,
    isForeign: false,
    goesOn: false,
  },
  ...FAILED_STAGES,
];

describe("narrate() of everything", () => {
  it.each(["en", "zh"] as const)("says something, safely, in %s", (lang) => {
    for (const what of [...EVENTS, ...FOR_A_PERSON]) {
      const lines = narrate(what, narrateContext({ style: ANSI_STYLE, verbose: true }, lang)).map(renderParts);
      expect(lines, JSON.stringify(what)).not.toEqual([]);
      for (const line of lines) {
        expect(withoutStyle(line), JSON.stringify(what)).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e]+$/u);
        expect(line).not.toMatch(/undefined|NaN|\[object/);
      }
    }
  });

  it("has no Chinese in English and no English sentence in Chinese", () => {
    const facts = { transfer: () => undefined };
    for (const what of [...EVENTS, ...FOR_A_PERSON]) {
      expect(told(what, facts).join()).not.toMatch(/\p{Script=Han}/u);
      if (what.event === "error") continue;
      expect(told(what, facts, "zh").join(), JSON.stringify(what)).toMatch(/\p{Script=Han}|^\[12 B\]$/u);
    }
  });

  it("leaves progress and messages to others", () => {
    expect(told({ event: "message", from: "peer", text: "x" })).toEqual([]);
    expect(told({ event: "progress", transfer: "t", direction: "send", bytes: 1, total: 2, rate: 3 })).toEqual([]);
  });
});

describe("narrate() of pairing", () => {
  it("lists the pairs tried by where they begin, within 80 columns, all of them when verbose", () => {
    const longest = "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535";
    const pairs = Array.from({ length: 12 }, (_, n) => ({
      local: n % 2 === 0 ? "192.168.1.20:5000" : longest,
      remote: n === 3 ? longest : `10.0.0.1:${n}`,
      localKind: n % 2 === 0 ? ("host" as const) : ("relay" as const),
      remoteKind: n % 3 === 0 ? ("host" as const) : ("srflx" as const),
      state: n === 4 ? ("succeeded" as const) : ("failed" as const),
      protocol: "udp" as const,
    }));
    const who = { isOfferer: true, isForeign: false } as const;
    const facts = { seconds: 60, pairs, why: "symmetric-there", stage: "unanswered", ...who } as const;
    const failed: PersonEvent = { event: "connect-failed", ...facts, goesOn: true };
    const brief = told(failed);
    expect(brief.slice(0, 3).map((line) => line.trimEnd())).toEqual([
      "no connection within 60 s; tried",
      "  from 192.168.1.20:5000:",
      `    answers    10.0.0.1:4${" ".repeat(38)}by STUN`,
    ]);
    expect(brief).toContain(`  through the relay ${longest}:`);
    expect(brief.slice(-4)).toEqual([
      "  … and 4 more",
      "the other side is behind a symmetric NAT: a direct connection fails with most routers on this side",
      "p2p: hint: use --turn on one side, or forward a port to one side",
      "waiting for a newer file of the other side",
    ]);
    expect(brief.slice(0, -3).filter((line) => displayWidth(line) > 80)).toEqual([]);
    const all = told(failed, { verbose: true });
    expect(all.filter((line) => line.startsWith("    "))).toHaveLength(12);
    expect(told({ ...failed, goesOn: false }).at(-1)).not.toContain("waiting");
    expect(told({ ...failed, pairs: [] })[1]).toBe("  nothing: the two files have no addresses that fit together");
  });

  it("tells bad prospects at once with what to do, good ones when verbose", () => {
    const likely: PersonEvent = { event: "prediction", prediction: { outlook: "likely", why: "independent-mappings" } };
    const unlikely: PersonEvent = { event: "prediction", prediction: { outlook: "unlikely", why: "both-symmetric" } };
    expect(told(likely)).toEqual([]);
    expect(told(likely, { verbose: true })).toEqual(["neither router is strict: a direct connection is likely"]);
    expect(told(unlikely)).toEqual([
      "both sides are behind symmetric NATs: a direct connection will fail, unless they are in one network",
      "p2p: hint: use --turn on one side, or forward a port to one side",
    ]);
  });
});

describe("narrate() of a session", () => {
  it("tells the path of the connection", () => {
    const pair = { protocol: "udp", local: "1.2.3.4:5", remote: "6.7.8.9:10", kind: "srflx" } as const;
    expect(told({ event: "connected", pair, rttMs: 12, role: "offer" })).toEqual([
      "connected directly: 1.2.3.4:5 to 6.7.8.9:10 over udp, 12 ms",
    ]);
  });

  it("tells both sides bytes, time and rate", () => {
    const done = { event: "transfer-done", transfer: "t", files: 2_000, bytes: 8_388_608, ms: 2_000 } as const;
    expect(told({ ...done, direction: "send" })).toEqual([
      "sent 报告.pdf, photos: 2,000 files, 8.0 MiB in 2.0 s (4.0 MiB/s)",
    ]);
    expect(told({ ...done, direction: "receive" }, {}, "zh")).toEqual([
      "已接收 报告.pdf、photos：2,000 个文件，8.0 MiB，用时 2.0 秒（4.0 MiB/s）",
    ]);
  });

  it("tells a refusal once, and asks nobody to send again what was refused", () => {
    const refused = (more: { more?: number }, wasAsked = true): P2pEvent =>
      errorEvent(new P2pError("PEER_DECLINED", { name: "b", wasAsked, ...more }));
    const part: Extract<P2pEvent, { event: "declined" }> = {
      event: "declined",
      transfer: "t",
      direction: "send",
      by: "peer",
      paths: ["b", "c"],
    };
    const describeError = (event: ErrorEvent): ErrorEvent => event;
    expect([part, refused({ more: 1 })].flatMap((event) => told(event, { describeError }))).toEqual([
      "the other side declined b, c",
    ]);
    expect([{ ...part, paths: ["b"] }, refused({})].flatMap((event) => told(event, { describeError }))).toEqual([
      "the other side declined 'b'",
    ]);
    expect(told(refused({}, false), { describeError })).toHaveLength(2);
    expect(told(refused({ more: 1 }), { describeError, isLog: true })).toHaveLength(2);
  });

  it("does not say that all of several files are accepted: a part may be", () => {
    const accepted = { event: "accepted", transfer: "t", direction: "send", resumedFrom: 0 } as const;
    const of = (files: number): Partial<NarrateContext> => ({
      transfer: () => ({ number: 1, names: ["a", "b"], files }),
    });
    expect(told(accepted, of(2))).toEqual(["the other side accepted all or a part of a, b"]);
    expect(told(accepted, of(1))).toEqual(["the other side accepted a, b"]);
  });

  it("counts no file as moved that is skipped, and tells the sender of it", () => {
    const facts = () => ({
      number: 1,
      names: ["film.mkv", "photo.jpg"],
      files: 2,
      skippedFiles: 1,
      movedBytes: 2_097_152,
    });
    const done = { event: "transfer-done", transfer: "t", files: 2, bytes: 5_097_152, ms: 500 } as const;
    const change = { transfer: facts };
    expect(told({ ...done, direction: "receive" }, change)).toEqual([
      "received film.mkv, photo.jpg: 1 file, 2.0 MiB in 0.5 s (4.0 MiB/s); skipped 1 file",
    ]);
    expect(told({ ...done, direction: "send" }, change)).toEqual([
      "sent film.mkv, photo.jpg: 1 file, 2.0 MiB in 0.5 s (4.0 MiB/s); the other side skipped 1 file",
    ]);
    const skipped = {
      event: "file-done",
      transfer: "t",
      path: "/d/film.mkv",
      bytes: 3,
      sha256,
      skipped: true,
    } as const;
    expect(told({ ...skipped, direction: "send" }, change)).toEqual([
      "the other side skipped 'film.mkv': it has a file of that name already",
    ]);
  });

  it("gives no time or rate that means nothing", () => {
    const done = { event: "transfer-done", transfer: "t", direction: "send", files: 1 } as const;
    expect(told({ ...done, bytes: 17, ms: 12 })).toEqual(["sent 报告.pdf, photos: 1 file, 17 B"]);
    expect(told({ ...done, bytes: 17, ms: 1_200 })).toEqual(["sent 报告.pdf, photos: 1 file, 17 B in 1.2 s"]);
  });

  it("names the servers that are asked in one line, and those that are silent in another", () => {
    const urls = ["stun:a.example:3478", "stun:b.example:19302"];
    const silent = (reasons: string[], reach?: "network"): P2pEvent => ({
      event: "servers-silent",
      servers: urls.map((url, index) => ({ url, reason: reasons[index] ?? "" })),
      ...(reach === undefined ? {} : { reach }),
    });
    expect(told({ event: "asking-servers", urls })).toEqual([
      "asking for our public address: stun:a.example, stun:b.example:19302",
    ]);
    expect(told(silent(["EAI_AGAIN", "EAI_AGAIN"], "network"))).toEqual([
      "no STUN server answered (EAI_AGAIN), so the file serves within one network: stun:a.example, stun:b.example:19302",
    ]);
    expect(told(silent(["EAI_AGAIN", "no answer"]))).toEqual([
      "no answer from stun:a.example (EAI_AGAIN), stun:b.example:19302 (no answer)",
    ]);
  });

  it("says where our file was that is gone, and how it comes back", () => {
    expect(told({ event: "own-file-gone", path: "/x/LocaltionJson.json", command: "answer" })).toEqual([
      "/x/LocaltionJson.json is not there any more: all is well if it was moved to the other side; if not, end with Ctrl-C, and 'p2p answer --resume' writes it again",
    ]);
    expect(told({ event: "own-file-gone", path: "a.json", command: "offer" })[0]).toContain(
      `${process.cwd()}/a.json is`,
    );
  });

  it("calls no free choice of a person an error on a terminal; a log keeps prefix and code", () => {
    const [name, size] = ["photo.jpg", "3 B"];
    const choices = [
      new P2pError("PEER_DECLINED", { name, wasAsked: true }),
      new P2pError("PEER_DECLINED", { name, wasAsked: true, hadBegun: true }),
      new P2pError("TRANSFER_INTERRUPTED", { name, bytes: size, total: size, how: "peer-cancelled" }),
      new P2pError("TRANSFER_INTERRUPTED", { name, bytes: size, total: size, how: "peer-left" }),
      new P2pError("CONNECTION_LOST", { end: "peer-left", undelivered: 1 }),
      new P2pError("CONNECTION_LOST", { end: "peer-left-early" }),
      new P2pError("FILE_SECOND_ANSWER", { path: "a.json" }),
    ];
    for (const error of choices) {
      const [first = ""] = told(errorEvent(error));
      expect(first).toBe(error.message);
      expect(told(errorEvent(error), { isLog: true })[0]).toBe(`p2p: error: ${error.message} (${error.code})`);
    }
    const faults = [
      new P2pError("TRANSFER_INTERRUPTED", { name, bytes: size, total: size }),
      new P2pError("CONNECTION_LOST", { end: "aborted" }),
      new P2pError("PEER_CANNOT_STORE", { path: name, why: "disk-full" }),
    ];
    for (const error of faults) expect(told(errorEvent(error))[0]).toMatch(/^p2p: error: /);
  });

  it("says no second time, and in no error, that no STUN server answered", () => {
    const error = errorEvent(new P2pError("STUN_SILENT", { count: 4 }));
    const prediction: P2pEvent = { event: "prediction", prediction: { outlook: "unlikely", why: "udp-silent-here" } };
    expect([...told(error), ...told(prediction)]).toEqual([]);
    expect(told(error, { verbose: true })).toEqual([expect.stringMatching(/^p2p: hint: check the network/)]);
  });

  it("tells received files one by one unless they are many", () => {
    const event: P2pEvent = { event: "file-done", transfer: "t", direction: "receive", path: "/d/a", bytes: 3, sha256 };
    const many = () => ({ number: 1, names: ["tree"], files: 2_000 });
    expect(told(event)).toEqual(["saved /d/a, 3 B"]);
    expect(told(event, { transfer: many })).toEqual([]);
    expect(told(event, { transfer: many, verbose: true })).toEqual(["saved /d/a, 3 B"]);
    expect(told({ ...event, direction: "send" })).toEqual([]);
    expect(told({ ...event, direction: "send" }, { verbose: true })).toEqual(["sent /d/a, 3 B"]);
  });

  it("shows errors with code and hint, in the words it is given", () => {
    const event: P2pEvent = { event: "error", code: "DISK_FULL", message: "not enough space", hint: "make room" };
    expect(told(event)).toEqual(["p2p: error: not enough space (DISK_FULL)", "p2p: hint: make room"]);
    expect(told(event, { describeError: () => ({ message: "空间不足", hint: "请腾出空间" }) }, "zh")).toEqual([
      "p2p 错误：空间不足（DISK_FULL）",
      "p2p 提示：请腾出空间",
    ]);
  });
});
