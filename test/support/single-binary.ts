// The single binary as a release has it, made of the Node that runs the tests: nothing has to be fetched for it.
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleScript } from "../../scripts/support/bundle.mjs";
import { makeBinary, prepareBlob, type System } from "../../scripts/support/single-binary.mjs";
import { removeFolder } from "./processes.ts";

/** Putting the script into a hundred megabytes takes a while. */
export const MAKING_MS = 600_000;

export interface SingleBinary {
  readonly program: string;
  remove(): Promise<void>;
}

/**
 * @param system - which `node` is for
 * @param node - the Node that is in it
 * @param options.folder - where it is made; default: a new one among those of the system
 * @param options.generator - a Node of the same version that runs here; default: the one that runs the tests
 */
export async function makeSingleBinary(
  system: System,
  node: string,
  { folder = tmpdir(), generator }: { folder?: string; generator?: string } = {},
): Promise<SingleBinary> {
  const dir = await mkdtemp(join(folder, "p2p-single-"));
  const remove = (): Promise<void> => removeFolder(dir);
  const program = join(dir, system === "win32" ? "p2p.exe" : "p2p");
  try {
    const built = (name: string): Promise<string> => readFile(new URL(`../../dist/${name}`, import.meta.url), "utf8");
    const [script, page, licenses] = await Promise.all([bundleScript(), built("p2p.html"), built("licenses.txt")]);
    await makeBinary({
      system,
      node,
      blob: prepareBlob({ script, page, licenses, ...(generator && { generator }) }),
      out: program,
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return { program, remove };
}
