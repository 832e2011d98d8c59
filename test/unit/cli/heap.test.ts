// What the command asks of V8. That it matters shows in `npm run bench -- paths --scenarios lan`: a process started with
// --heap-growing-percent=30 collects its whole heap again and again, and carries two thirds.
import { spawnSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { roomForBuffers } from "../../../src/cli/heap.ts";

const { flags } = vi.hoisted(() => ({ flags: [] as string[] }));
vi.mock("node:v8", () => ({ setFlagsFromString: (flag: string) => flags.push(flag) }));

test("the heap may grow by more than the buffers that die young, and this Node knows how to say so", () => {
  roomForBuffers();
  expect(flags).toEqual(["--heap-growing-percent=250"]);
  const { status, stderr } = spawnSync(process.execPath, [...flags, "--eval", "0"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
