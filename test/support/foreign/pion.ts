// Pion, a stack in Go, in a process of its own, built from Debian's sources without a network. Debian: golang-go,
// golang-github-pion-webrtc.v3-dev.
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ForeignKind } from "./peer.ts";
import { ProgramPeer } from "./program-peer.ts";

/** Where Debian's packages put sources of Go. */
const SOURCES = "/usr/share/gocode";
const source = fileURLToPath(new URL("pion-peer.go", import.meta.url));

/** Builds the program, which takes a minute for the first time. @returns the kinds of ends, and what removes the program */
export async function buildPion(): Promise<{
  pion: ForeignKind<ProgramPeer>;
  pionLite: ForeignKind<ProgramPeer>;
  remove: () => Promise<void>;
}> {
  const dir = await mkdtemp(join(tmpdir(), "p2p-pion-"));
  const module = join(dir, "src/pion-peer");
  await mkdir(module, { recursive: true });
  await copyFile(source, join(module, "main.go"));
  // Without one, an import path that ends in a version is not found below SOURCES.
  await writeFile(join(module, "go.mod"), "module pion-peer\n");
  const program = join(dir, "pion-peer");
  const { status, error, stderr } = spawnSync("go", ["build", "-o", program, "pion-peer"], {
    encoding: "utf8",
    env: {
      ...process.env,
      GO111MODULE: "off",
      GOPATH: `${dir}:${SOURCES}`,
      GOFLAGS: "",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: "0",
    },
  });
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  if (status !== 0) {
    await remove();
    const why = error?.message ?? stderr;
    throw new Error(`This test needs Pion: apt-get install golang-go golang-github-pion-webrtc.v3-dev\n${why}`);
  }
  const kind = (name: string, args: readonly string[]): ForeignKind<ProgramPeer> => ({
    name,
    // It says nothing of its limit, and its buffer holds this many, of what it sends as of what it takes.
    takesBytes: 65_535,
    cannotTakeBytes: [],
    cannotSendBytes: [65_536, 262_144],
    start: () => Promise.resolve(new ProgramPeer(name, program, args)),
  });
  return { pion: kind("Pion", []), pionLite: kind("Pion as an ICE-lite end", ["lite"]), remove };
}
