// What the options of sound and picture say, and what contradicts them.
import { describe, expect, test } from "vitest";
import { readCodecs, readDoorToken } from "../../../src/cli/media-options.ts";
import { type PairSettings, resolvePairSettings } from "../../../src/cli/options.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { neededStreams } from "../../../src/cli/standard-streams.ts";
import { Usage } from "../../../src/cli/usage.ts";
import { P2pError } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { FakeIo } from "./fakes.ts";

const words = wordsFor("en");
const TERMINAL = ["stdin", "stdout", "stderr"] as const;

function settingsOf(line: string, terminals: readonly ("stdin" | "stdout" | "stderr")[] = []): PairSettings {
  const invocation = parseCommandLine(line.split(" "), { words, version: "0", config: "~/c.json", columns: 80 });
  if (invocation.command !== "pair") throw new TypeError("not a pair command");
  return resolvePairSettings(invocation.pair, new FakeIo(terminals), undefined, words);
}

function complaintOf(line: string, terminals?: readonly ("stdin" | "stdout" | "stderr")[]): string {
  try {
    settingsOf(line, terminals);
  } catch (error) {
    if (error instanceof P2pError && error.code === "USAGE") return error.message;
    throw error;
  }
  throw new Error(`no complaint about ${line}`);
}

describe("--whip and --whep", () => {
  test.each(["0", "80", "65535"])("take the port %s", (port) => {
    expect(settingsOf(`offer --whip ${port} --whep ${port}`).media).toMatchObject({
      whip: Number(port),
      whep: Number(port),
    });
  });

  test.each(["65536", "-1", "x", "80-90", "127.0.0.1:80"])("'%s' is no port", (port) => {
    expect(complaintOf(`offer --whip=${port}`)).toContain(`'${port}' is not a port`);
  });

  test("are not there by default", () => {
    expect(settingsOf("offer").media).toMatchObject({ whip: undefined, whep: undefined, token: undefined });
  });

  test.each(["abc123", "0123456789abcde", "0123456789abcde;", "with blanks in it, 16", "schlüsselschlüssel"])(
    "the token '%s' cannot be used, and is not repeated",
    (token) => {
      const read = (): unknown => readDoorToken({ P2P_WHIP_TOKEN: token }, new Usage(words));
      expect(read).toThrow(/^P2P_WHIP_TOKEN is no token/);
      expect(read).not.toThrow(token);
    },
  );

  test("a token of the environment is taken", () => {
    const usage = new Usage(words);
    expect(readDoorToken({ P2P_WHIP_TOKEN: "0123456789abcdef" }, usage)).toBe("0123456789abcdef");
    expect(readDoorToken({ P2P_WHIP_TOKEN: "" }, usage)).toBeUndefined();
  });
});

describe("--codec", () => {
  const read = (...value: string[]) => readCodecs({ value, label: "--codec" }, new Usage(words));

  test.each<[string[], ReturnType<typeof read>]>([
    [["video=h264,vp8"], { video: ["h264", "vp8"] }],
    [["Video=H264", "audio=pcmu"], { video: ["h264"], audio: ["pcmu"] }],
    [["video=vp8", "video=av1"], { video: ["vp8", "av1"] }],
    // The commas of P2P_CODEC cut it.
    [["video=h264", "vp8", "audio=opus"], { video: ["h264", "vp8"], audio: ["opus"] }],
  ])("%j", (values, codecs) => {
    expect(read(...values)).toEqual(codecs);
    expect(readCodecs(undefined, new Usage(words))).toEqual({});
  });

  test.each(["vp8", "video=", "video=opus", "audio=vp9", "smell=vp8", "video=constructor", "video=vp8,,vp9"])(
    "%s is no codec of a kind",
    (value) => {
      expect(() => read(value)).toThrow(/names no codec of its kind/);
    },
  );
});

test("what is published and recorded", () => {
  const line = "offer --publish a.webm --publish test: --record b.mkv --codec video=vp8";
  const { media, stdin, form } = settingsOf(line);
  const conflict = "refuse";
  const codecs = { video: ["vp8"] };
  expect(media).toEqual({ publish: ["a.webm", "test:"], record: "b.mkv", rtpIn: [], rtpOut: [], codecs, conflict });
  expect([stdin, form]).toEqual(["unread", "plain"]);
});

test("places of other programs", () => {
  const line = "offer --rtp-in video=127.0.0.1:5004/h264 --rtp-in audio=localhost:5006 --rtp-out video=[::1]:5004";
  const { media, stdin, form } = settingsOf(line);
  expect(media.rtpIn).toEqual([
    { kind: "video", address: "127.0.0.1", port: 5_004, codec: "h264" },
    { kind: "audio", address: "127.0.0.1", port: 5_006, codec: undefined },
  ]);
  expect(media.rtpOut).toEqual([{ kind: "video", address: "::1", port: 5_004, codec: undefined }]);
  expect([stdin, form]).toEqual(["unread", "plain"]);
});

test.each([
  ["offer --rtp-in video", "--rtp-in: 'video' is no place for RTP"],
  ["offer --rtp-in smell=127.0.0.1:5004", "--rtp-in: 'smell=127.0.0.1:5004' is no place for RTP"],
  ["answer --rtp-out video=192.168.1.2:5004", "--rtp-out: 'video=192.168.1.2:5004' is not on this computer"],
  ["answer --rtp-out video=127.0.0.1:0", "--rtp-out: 'video=127.0.0.1:0' has no port from 1 to 65535"],
  ["offer --rtp-in audio=127.0.0.1:5004/vp8", "--rtp-in: 'audio=127.0.0.1:5004/vp8' names no codec of its kind"],
  [
    "offer --rtp-in video=127.0.0.1:5004 --rtp-out audio=localhost:5004",
    "--rtp-in, --rtp-out: 127.0.0.1:5004 is given twice",
  ],
])("%s: %s", (line, complaint) => {
  expect(complaintOf(line)).toBe(complaint);
});

test.each<[string, PairSettings["media"]["conflict"]]>([
  ["offer --record x.webm", "refuse"],
  ["offer --record x.webm -y", "refuse"],
  ["offer --record x.webm --conflict skip", "refuse"],
  ["offer --record x.webm --conflict rename", "rename"],
  ["offer --record x.webm --conflict overwrite", "overwrite"],
])("%s: a name that is taken", (line, conflict) => {
  expect(settingsOf(line).media.conflict).toBe(conflict);
});

test.each<[string, readonly ("stdin" | "stdout" | "stderr")[], PairSettings["stdin"], PairSettings["form"]]>([
  ["offer --publish a.webm", TERMINAL, "conversation", "conversation"],
  ["offer --publish a.webm --no-chat", TERMINAL, "terminal", "plain"],
  ["offer --record a.webm", [], "unread", "plain"],
  ["offer --record a.webm --chat", [], "messages", "plain"],
  ["offer --publish -", [], "media", "plain"],
  ["offer --publish -", TERMINAL, "media", "plain"],
])("%s: what stdin is for", (line, terminals, stdin, form) => {
  const settings = settingsOf(line, terminals);
  expect([settings.stdin, settings.form]).toEqual([stdin, form]);
});

test.each([
  ["offer --publish -", [{ stream: "stdin", use: "--publish -" }]],
  ["offer --record -", [{ stream: "stdout", use: "--record -" }]],
  ["offer --publish a.webm --record b.webm", []],
])("%s: the streams that it needs", (line, streams) => {
  expect(neededStreams(settingsOf(line))).toEqual(streams);
});

test.each([
  ["offer --record - --json", "--json and --record - both want stdout"],
  ["offer --record - -o -", "--output - and --record - both want stdout"],
  ["offer --record - --out -", "--out - and --record - both want stdout"],
  ["answer --publish - --in -", "--in - and --publish - both want stdin"],
  ["offer --publish - -", "--publish - and - both want stdin"],
  ["offer --publish - --publish -", "--publish - and --publish - both want stdin"],
  ["offer --publish - --chat", "--chat and --publish - both want stdin"],
  ["offer --record x.webm --out ./x.webm", "--record and --out contradict each other"],
  ["answer --record x.webm --in x.webm", "--record and --in contradict each other"],
  ["answer --record x.webm --trace x.webm", "--record and --trace contradict each other"],
  ["offer --codec vp8", "--codec: 'vp8' names no codec of its kind"],
])("%s: %s", (line, complaint) => {
  expect(complaintOf(line)).toBe(complaint);
});

test("what is recorded is not for a terminal", () => {
  expect(complaintOf("offer --record -", TERMINAL)).toMatch(/stdout is a terminal/);
});
