// The demo on each version of Node that p2p is for: two processes, one file, its hash. The later ones in `npm run test:long`.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { LATER_NODES, LINUX_NODE } from "../../scripts/support/other-nodes.mjs";
import { binary, people } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";

const demo = fileURLToPath(new URL("../../scripts/demo.mjs", import.meta.url));

test.for(scaled([LINUX_NODE], [LINUX_NODE, ...LATER_NODES]))("the demo works with Node $version", async (node, t) => {
  const { program, version } = node;
  if (!existsSync(program)) throw new Error("This test needs other Nodes: node scripts/other-nodes.mjs --later");
  expect(execFileSync(program, ["--version"], { encoding: "utf8" }).trim()).toBe(`v${version}`);
  const { ann } = await people(t, "ann");
  const command = join(ann.dir, "p2p");
  await writeFile(command, `#!/bin/sh\nexec '${program}' '${binary}' "$@"\n`, { mode: 0o755 });
  const told = execFileSync(process.execPath, [demo, command], { encoding: "utf8" });
  expect(told).toMatch(/\nthe demo worked\n$/);
});
