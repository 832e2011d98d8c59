// The options of embedders: defaults, and what is refused before anything is opened.
import { describe, expect, test } from "vitest";
import { completeSettings, type PeerOptions } from "../../../src/pairing/settings.ts";

/** As a caller without types gives it. */
const complete = (options: unknown) => completeSettings(options as PeerOptions);

test("every option has a default, and one that is undefined too", () => {
  const defaults = {
    network: { stunServers: [], turnServers: [], bind: [], legacySdp: false },
    session: { mode: "conversation", consent: "ask", conflict: "rename", outputDir: "." },
    waitMs: 86_400_000,
    connectTimeoutMs: 60_000,
  };
  expect(complete({})).toEqual(defaults);
  expect(
    complete({ network: { bind: undefined, relayOnly: undefined }, session: { mode: undefined }, waitMs: undefined }),
  ).toEqual(defaults);
});

test("options keep their place in the tree", () => {
  const options: PeerOptions = {
    network: {
      stunServers: ["stun:s:1"],
      turnServers: [{ url: "turns:t", user: "u", password: "p" }],
      bind: ["127.0.0.1", "::1"],
      relayOnly: true,
      portMapping: false,
      ports: { first: 1, last: 65_535 },
      legacySdp: true,
      congestion: "cubic",
      coalesceArrivals: true,
      maxPacketBytes: 1_191,
    },
    session: {
      mode: "once",
      consent: "accept",
      conflict: "skip",
      outputDir: "in",
      fileOutput: { write: () => Promise.resolve() },
      limitBytesPerSecond: 1,
      verify: true,
      verifyExpect: "0004298764",
    },
    name: "Ann",
    seal: { required: false, passphrase: "able crane", ask: () => Promise.resolve(undefined) },
    stateDir: "state",
    resume: true,
    waitMs: 1,
    connectTimeoutMs: 1,
    signal: new AbortController().signal,
  };
  const { signal: _, ...settings } = options;
  expect(complete(options)).toEqual(settings);
});

describe("a value that cannot be used", () => {
  test.each([
    ["waitMs", { waitMs: Number.NaN }],
    ["waitMs", { waitMs: 0 }],
    ["waitMs", { waitMs: -1 }],
    ["waitMs", { waitMs: Number.POSITIVE_INFINITY }],
    ["waitMs", { waitMs: 8.64e15 }],
    ["connectTimeoutMs", { connectTimeoutMs: Number.NaN }],
    ["connectTimeoutMs", { connectTimeoutMs: -5 }],
    ["name", { name: "x".repeat(201) }],
    ["stateDir", { stateDir: "" }],
    ["rememberAs", { stateDir: "state", rememberAs: "" }],
    ["seal.passphrase", { seal: { required: true, passphrase: "" } }],
    ["network.stunServers[0]", { network: { stunServers: ["example.org:3478"] } }],
    ["network.stunServers[1]", { network: { stunServers: ["stun:a", "stun:"] } }],
    ["network.turnServers[0].url", { network: { turnServers: [{ url: "stun:a", user: "u", password: "p" }] } }],
    ["network.turnServers[0].password", { network: { turnServers: [{ url: "turn:a", user: "u", password: "" }] } }],
    ["network.bind[0]", { network: { bind: ["localhost"] } }],
    ["network.ports", { network: { ports: { first: 2, last: 1 } } }],
    ["network.ports", { network: { ports: { first: 0, last: 1 } } }],
    ["network.ports", { network: { ports: { first: 1.5, last: 3 } } }],
    ["network.ports", { network: { ports: { first: 1, last: 65_536 } } }],
    ["network.congestion", { network: { congestion: "reno" } }],
    ["network.maxPacketBytes", { network: { maxPacketBytes: 1_190 } }],
    ["session.mode", { session: { mode: "twice" } }],
    ["session.consent", { session: { consent: "yes" } }],
    ["session.conflict", { session: { conflict: "merge" } }],
    ["session.outputDir", { session: { outputDir: "" } }],
    ["session.verifyExpect", { session: { verifyExpect: "123" } }],
  ])("%s: %j is a RangeError that names it", (name, options) => {
    expect(() => complete(options)).toThrow(RangeError);
    expect(() => complete(options)).toThrow(`'${name}'`);
  });

  test.each([0, Number.NaN, Number.POSITIVE_INFINITY])("a limit of %d bytes per second is a RangeError", (limit) => {
    expect(() => complete({ session: { limitBytesPerSecond: limit } })).toThrow(RangeError);
  });

  test("a server's URL is not repeated: it may hold a password", () => {
    const url = "turn:user:hunter2@host";
    const options = { network: { turnServers: [{ url, user: "u", password: "p" }] } };
    expect(() => complete(options)).toThrow(RangeError);
    expect(() => complete(options)).not.toThrow("hunter2");
  });
});

test.each<[what: string, options: unknown, message: string]>([
  ["no object", null, "'options'"],
  ["a branch that is no object", { network: true }, "'network'"],
  ["a list that is none", { network: { bind: "127.0.0.1" } }, "'network.bind'"],
  [
    "a server without a password",
    { network: { turnServers: [{ url: "turn:a", user: "u" }] } },
    "turnServers[0].password",
  ],
  ["a seal that says nothing", { seal: {} }, "'seal.required'"],
  ["a number for a flag", { network: { coalesceArrivals: 1 } }, "'network.coalesceArrivals'"],
  ["a text for a flag", { network: { relayOnly: "yes" } }, "'network.relayOnly'"],
  ["a text for a time", { waitMs: "60000" }, "'waitMs'"],
  ["an output that cannot write", { session: { fileOutput: {} } }, "'session.fileOutput'"],
  ["a signal that is none", { signal: {} }, "'signal'"],
  ["resuming without a memory", { resume: true }, "'stateDir'"],
  ["an unknown name", { relay: true }, "'relay'"],
  // Ignoring it would send from addresses that the caller wanted to hide.
  ["an option outside its branch", { relayOnly: true }, "'relayOnly': it belongs in 'network'"],
  ["an option outside its branch", { consent: "accept" }, "'consent': it belongs in 'session'"],
  ["an option in the wrong branch", { session: { bind: [] } }, "'session.bind': it belongs in 'network'"],
  ["a name that every object has", { constructor: 1 }, "'constructor'"],
])("%s is a TypeError", (_, options, message) => {
  expect(() => complete(options)).toThrow(TypeError);
  expect(() => complete(options)).toThrow(message);
});
