// What a transfer needs on the disk, against what the disk says is free.
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import { DiskRoom } from "../../../../src/store/transfer/room.ts";

/** A disk with ten blocks of 100 bytes, and so many inodes of which so many are free. */
function roomOn({ files = 0, ffree = 0 } = {}): DiskRoom {
  const disk: FileSystem = { ...nodeFileSystem, statfs: async () => ({ bavail: 10, bsize: 100, files, ffree }) };
  return new DiskRoom(disk);
}

const lackOf = async (room: DiskRoom, newFiles: number) => {
  const lack = await room.lackFor(newFiles, "/out");
  return lack === undefined ? undefined : { reason: lack.reason, params: lack.error.params };
};

test("so many bytes fit, and not one more", async () => {
  const room = roomOn();
  room.need(1_000);
  expect(await lackOf(room, 1)).toBeUndefined();
  room.need(1);
  expect(await lackOf(room, 1)).toMatchObject({ reason: "disk-full", params: { path: "/out" } });
  room.spare(1);
  expect(await lackOf(room, 1)).toBeUndefined();
});

test("so many new files fit, where the file system counts them", async () => {
  expect(await lackOf(roomOn({ files: 50, ffree: 3 }), 3)).toBeUndefined();
  expect(await lackOf(roomOn({ files: 50, ffree: 3 }), 4)).toMatchObject({ params: { lacks: "files" } });
  expect(await lackOf(roomOn({ files: 0, ffree: 0 }), 1_000)).toBeUndefined();
});

test("a failed write says what is full: the quota, the inodes, or the disk", async () => {
  const failed = async (room: DiskRoom, errno: "ENOSPC" | "EDQUOT") => (await room.failure(errno, "/out")).error.params;
  expect(await failed(roomOn(), "EDQUOT")).toMatchObject({ lacks: "quota" });
  expect(await failed(roomOn({ files: 50, ffree: 0 }), "ENOSPC")).toMatchObject({ lacks: "files" });
  expect(await failed(roomOn({ files: 50, ffree: 9 }), "ENOSPC")).not.toHaveProperty("lacks");
});

test("beforehand another folder helps; in the middle what has come is kept, in this one", async () => {
  const room = roomOn();
  room.need(2_000);
  expect((await room.lackFor(1, "/out"))?.error.hint).toBe("make room, or choose another folder with --output");
  const { error } = await room.failure("ENOSPC", "/out");
  expect(error.hint).toBe("make room, then have it sent again: what has come is kept, only the rest is sent");
});
