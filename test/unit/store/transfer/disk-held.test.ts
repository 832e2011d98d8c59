// Windows refuses to rename or remove what another program holds. Small files are named by calls that do not wait.
import type * as nodeFs from "node:fs";
import { expect, it, vi } from "vitest";
import { nodeFileSystem } from "../../../../src/store/file-system.ts";
import { AdaptiveDisk, patientFileSystem } from "../../../../src/store/transfer/disk.ts";

const { refusals } = vi.hoisted(() => ({ refusals: [] as string[] }));

vi.mock("node:fs", async (original) => {
  const refuse = (): void => {
    const code = refusals.shift() ?? "EIO";
    throw Object.assign(new Error(`${code}: refused`), { code });
  };
  return { ...(await original<typeof nodeFs>()), linkSync: refuse, renameSync: refuse, unlinkSync: refuse };
});

it("the names of small files wait for whoever holds them, by the pool", async () => {
  const patient = {
    link: vi.spyOn(patientFileSystem, "link").mockResolvedValue(),
    rename: vi.spyOn(patientFileSystem, "rename").mockResolvedValue(),
    unlink: vi.spyOn(patientFileSystem, "unlink").mockResolvedValue(),
  };
  expect(patientFileSystem).not.toBe(nodeFileSystem);
  const fs = new AdaptiveDisk().pick();
  refusals.push("EBUSY", "EPERM", "EACCES");
  await fs.link("part", "name");
  await fs.rename("part", "name");
  await fs.unlink("part");
  expect(patient.link).toHaveBeenCalledExactlyOnceWith("part", "name");
  expect(patient.rename).toHaveBeenCalledExactlyOnceWith("part", "name");
  expect(patient.unlink).toHaveBeenCalledExactlyOnceWith("part");

  refusals.push("ENOENT", "ENOSPC", "ENOENT");
  await expect(fs.link("part", "name")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(fs.rename("part", "name")).rejects.toMatchObject({ code: "ENOSPC" });
  await expect(fs.unlink("part")).rejects.toMatchObject({ code: "ENOENT" });
  expect(patient.unlink).toHaveBeenCalledOnce();
});
