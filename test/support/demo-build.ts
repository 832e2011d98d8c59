// Compiles test/support/conversation-demo.ts and what it needs, so that a plain Node runs it on a real terminal.
import { execFileSync } from "node:child_process";
import { mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeFolder } from "./processes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @returns the folder, the compiled script in it, and what removes both */
export async function buildDemo(): Promise<{ dir: string; script: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "p2p-demo-"));
  await symlink(join(root, "node_modules"), join(dir, "node_modules"));
  await writeFile(join(dir, "package.json"), JSON.stringify({ type: "module" }));
  const config = {
    extends: join(root, "tsconfig.json"),
    // Types are checked by `npm run ok`.
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      rewriteRelativeImportExtensions: true,
      rootDir: root,
      outDir: dir,
    },
    files: [join(root, "test/support/conversation-demo.ts")],
    include: [],
  };
  await writeFile(join(dir, "tsconfig.json"), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", dir], { encoding: "utf8" });
  return {
    dir,
    script: join(dir, "test/support/conversation-demo.js"),
    remove: () => removeFolder(dir),
  };
}
