import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isDeadStream } from "../../../src/store/dead-stream.ts";

const onLinux = process.platform === "linux";

async function deadness(path: string, flags: string): Promise<{ in: boolean; out: boolean }> {
  const handle = await open(path, flags);
  try {
    return { in: await isDeadStream(handle.fd, "in"), out: await isDeadStream(handle.fd, "out") };
  } finally {
    await handle.close();
  }
}

test("is /dev/null for both directions, which Node.js puts in the place of a closed one, and not what a shell opens", async () => {
  expect(await deadness("/dev/null", "r+")).toEqual({ in: onLinux, out: onLinux });
  expect(await deadness("/dev/null", "w")).toEqual({ in: onLinux, out: false });
  expect(await deadness("/dev/null", "r")).toEqual({ in: false, out: onLinux });
  expect(await deadness("/dev/zero", "r+")).toEqual({ in: false, out: false });
});

test("is one that is open for the other direction only", async () => {
  const path = join(tmpdir(), `p2p-dead-${process.pid}`);
  try {
    expect(await deadness(path, "w")).toEqual({ in: onLinux, out: false });
    expect(await deadness(path, "r")).toEqual({ in: false, out: onLinux });
    expect(await deadness(path, "a+")).toEqual({ in: false, out: false });
  } finally {
    await rm(path, { force: true });
  }
});

test("is not known of a descriptor that is not open", async () => {
  expect(await isDeadStream(1_000_000, "out")).toBe(false);
});
