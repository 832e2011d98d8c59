// The description of what is given to other programs: one file for all places, and never in the place of somebody else's.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RtpPlace } from "../../../../src/media/rtp-place.ts";
import { RtpDescriptionFile } from "../../../../src/store/media/rtp-description-file.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-description-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const place = (kind: "audio" | "video", port: number, codec?: RtpPlace["codec"]): RtpPlace => ({
  kind,
  address: "127.0.0.1",
  port,
  codec,
});
const PICTURE = place("video", 5_004);
const SOUND = place("audio", 5_006);

async function open(
  places: readonly RtpPlace[],
): Promise<{ file: RtpDescriptionFile; path: string; told: string[][]; sections: () => Promise<string[]> }> {
  const path = join(dir, "p2p.sdp");
  const told: string[][] = [];
  const onWritten = (written: readonly { codec: string }[]): void => void told.push(written.map(({ codec }) => codec));
  const file = await RtpDescriptionFile.open({ path, places, onWritten });
  const sections = async (): Promise<string[]> => (await readFile(path, "utf8")).match(/^m=.*?(?=\r)/gm) ?? [];
  return { file, path, told, sections };
}

test("tracks that begin together are written together, in the order of their places", async () => {
  const { file, told, sections } = await open([SOUND, PICTURE]);
  expect(told).toEqual([]);
  await Promise.all([file.describe(PICTURE, { codec: "vp9" }), file.describe(SOUND, { codec: "opus" })]);
  expect(await sections()).toEqual(["m=audio 5006 RTP/AVP 111", "m=video 5004 RTP/AVP 98"]);
  expect(told).toEqual([["opus", "vp9"]]);
});

test("what a place names is written before anything comes, and not told again", async () => {
  const named = place("video", 5_008, "vp8");
  const { file, told, sections } = await open([named, SOUND]);
  expect(await sections()).toEqual(["m=video 5008 RTP/AVP 96"]);
  await file.describe(named, { codec: "vp8" });
  expect(told).toEqual([["vp8"]]);
  await file.describe(SOUND, { codec: "pcmu" });
  expect(told).toEqual([["vp8"], ["vp8", "pcmu"]]);
  expect(await sections()).toHaveLength(2);
});

test("a description of ours is replaced, another file is not", async () => {
  const first = await open([place("video", 5_004, "av1")]);
  const { file, path, sections } = await open([PICTURE]);
  await file.describe(PICTURE, { codec: "vp8" });
  expect(await sections()).toEqual(["m=video 5004 RTP/AVP 96"]);
  expect(first.path).toBe(path);
  await writeFile(path, "v=0\r\ns=mine\r\n");
  await expect(open([PICTURE])).rejects.toMatchObject({ code: "SDP_NAME_TAKEN", exit: 8 });
  await expect(file.describe(PICTURE, { codec: "vp9" })).rejects.toMatchObject({ code: "SDP_NAME_TAKEN" });
  expect(await readFile(path, "utf8")).toBe("v=0\r\ns=mine\r\n");
});
