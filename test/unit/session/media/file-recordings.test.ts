// Which tracks share a file, and when one more is opened.
import { describe, expect, test } from "vitest";
import type { MediaOfferMessage } from "../../../../src/control/media-messages.ts";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import type { MediaSink } from "../../../../src/session/ports.ts";
import { FileRecordings, MAX_OPEN_RECORDINGS, MAX_RECORDINGS } from "../../../../src/session/media/file-recordings.ts";
import { FakeSink, formatOf, frameOf } from "../../../support/fake-media.ts";

function open(next?: () => Promise<MediaSink>): { files: FileRecordings; told: string[]; first: FakeSink } {
  const told: string[] = [];
  const first = new FakeSink(["vp8", "opus"]);
  const files = new FileRecordings(first, next, {
    onKeyFrameWanted: () => {},
    onRecorded: ({ bytes }) => told.push(`recorded ${bytes}`),
    onFailed: ({ code }, tracks) => told.push(`failed ${code} ${tracks.join()}`),
  });
  return { files, told, first };
}

const picture = (name: string): Pick<MediaOfferMessage, "kind" | "codecs"> => ({
  kind: "video",
  codecs: [{ name, clockRate: 90_000, payloadType: 96 }],
});

/** More files, and those that were opened. */
function more(): { next: () => Promise<FakeSink>; opened: FakeSink[] } {
  const opened: FakeSink[] = [];
  const next = async (): Promise<FakeSink> => {
    const sink = new FakeSink(["vp8", "opus"]);
    opened.push(sink);
    return sink;
  };
  return { next, opened };
}

describe("tracks", () => {
  test("that are offered together are one file, and later ones have one of their own", async () => {
    const { next, opened } = more();
    const { files, told, first } = open(next);
    expect(files.begin([1, 2]).isOpen).toBe(true);
    files.addTrack(1, formatOf("vp8"));
    files.addTrack(2, formatOf("opus"));
    // Beside the first.
    expect(await files.begin([3]).isOpen).toBe(true);
    files.addTrack(3, formatOf("opus"));
    for (const track of [1, 2, 3]) files.write(track, frameOf(0, 0));
    expect([first, ...opened].map(({ formats }) => formats.map(({ codec }) => codec))).toEqual([
      ["vp8", "opus"],
      ["opus"],
    ]);
    expect([first, ...opened].map(({ frames }) => frames.length)).toEqual([2, 1]);
    files.endTrack(1);
    expect(first.closed).toBe(0);
    files.endTrack(2);
    files.endTrack(3);
    expect(files.isRecording).toBe(false);
    // After it, under a number that was used before.
    expect(await files.begin([1]).isOpen).toBe(true);
    expect(files.isRecording).toBe(true);
    files.addTrack(1, formatOf("vp8"));
    files.write(1, frameOf(0, 0));
    expect([first, ...opened].map(({ frames }) => frames.length)).toEqual([2, 1, 1]);
    await files.stop();
    expect([first, ...opened].map(({ closed }) => closed)).toEqual([1, 1, 1]);
    expect(told).toEqual(["recorded 200", "recorded 100", "recorded 100"]);
  });

  test("of another WebRTC program belong to the first file", async () => {
    const { files, first } = open();
    files.addTrack(4, formatOf("opus"));
    files.write(4, frameOf(0, 0));
    files.endTrack(4);
    await files.stop();
    expect([first.frames.length, first.closed, files.isRecording]).toEqual([1, 1, false]);
  });

  test("that come later than the one recording of stdout are told", () => {
    const { files } = open();
    expect(files.whyNot(picture("vp8"))).toBeUndefined();
    expect(files.whyNot(picture("h264"))).toBe("codec");
    files.begin([1]);
    expect([files.accepts("video"), files.whyNot(picture("vp8"))]).toEqual([[], "stdout"]);
    expect(files.whyNot(picture("h264"))).toBe("codec");
  });

  test("are no more files at a time than a limit", async () => {
    const { next, opened } = more();
    const { files } = open(next);
    for (let track = 1; track <= MAX_OPEN_RECORDINGS; track += 1) await files.begin([track]).isOpen;
    expect([files.whyNot(picture("vp8")), opened.length]).toEqual(["too-many", MAX_OPEN_RECORDINGS - 1]);
    files.endTrack(2);
    expect(files.whyNot(picture("vp8"))).toBeUndefined();
  });

  test("are no more files than a limit", async () => {
    const { next, opened } = more();
    const { files } = open(next);
    for (let count = 0; count < MAX_RECORDINGS; count += 1) {
      expect(files.accepts("video")).toEqual(["vp8"]);
      expect(await files.begin([1]).isOpen).toBe(true);
      files.endTrack(1);
    }
    expect([files.accepts("video"), files.whyNot(picture("vp8"))]).toEqual([[], "too-many"]);
    expect(opened).toHaveLength(MAX_RECORDINGS - 1);
  });
});

describe("one more file", () => {
  test("that cannot be opened is an error, and the next may be", async () => {
    let isFull = true;
    const full = new P2pError("DISK_FULL", { needed: "1", free: "0", path: "x" });
    const { files, told } = open(() => (isFull ? Promise.reject(full) : Promise.resolve(new FakeSink(["vp8"]))));
    files.begin([1]);
    expect(await files.begin([2]).isOpen).toBe(false);
    isFull = false;
    expect(await files.begin([2]).isOpen).toBe(true);
    expect(told).toEqual(["failed DISK_FULL "]);
  });

  test("whose tracks have ended before it was open is not kept", async () => {
    const { next, opened } = more();
    const { files, told } = open(next);
    files.begin([1]);
    const group = files.begin([2]);
    files.endTrack(2);
    expect(group.tracks.size).toBe(0);
    expect(await group.isOpen).toBe(false);
    expect([opened.map(({ closed }) => closed), told]).toEqual([[1], []]);
  });

  test("that is being opened when the session ends is closed before that has ended", async () => {
    const { next, opened } = more();
    const { files } = open(next);
    files.begin([1]);
    files.begin([2]);
    await files.stop();
    expect(opened.map(({ closed }) => closed)).toEqual([1]);
  });

  test("that fails ends its own tracks only", async () => {
    const { next, opened } = more();
    const { files, told, first } = open(next);
    files.begin([1]);
    files.addTrack(1, formatOf("vp8"));
    await files.begin([2, 3]).isOpen;
    files.addTrack(2, formatOf("vp8"));
    for (const sink of opened) sink.failsWith = new P2pError("WRITE_FAILED", { path: "x", reason: "EIO" });
    files.write(2, frameOf(0, 0));
    files.write(1, frameOf(0, 0));
    await Promise.all(files.all.map((each) => each.flushed()));
    expect(told).toEqual(["failed WRITE_FAILED 2,3"]);
    await files.stop();
    expect([first.frames.length, told]).toEqual([1, ["failed WRITE_FAILED 2,3", "recorded 100"]]);
  });
});
