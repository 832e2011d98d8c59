// What a run of `p2p offer` or `p2p answer` checks before it writes anything: what it sends, the standard streams that it
// needs, and the folder for what comes.
import { resolve } from "node:path";
import { kindOfNamedFile } from "../command-port.ts";
import { P2pError } from "../index.ts";
import type { PairSettings } from "./options.ts";
import { neededStreams } from "./standard-streams.ts";

/** What looks at files and streams; each throws the P2pError of what is wrong. */
export interface CheckPorts {
  planPaths(paths: readonly string[], streamNames?: readonly string[]): Promise<void>;
  checkOutput(dir: string): Promise<void>;
  checkStream(stream: "stdin" | "stdout", use: string): Promise<void>;
}

/** @throws P2pError the first thing that is wrong */
export async function checkBeforeRun(settings: PairSettings, ports: CheckPorts): Promise<void> {
  await checkPaths(settings, ports);
  for (const { stream, use } of neededStreams(settings)) await ports.checkStream(stream, use);
  if (settings.checksOutput) await checkOutput(settings, ports);
}

/** Nobody means to send an exchange file that is not there yet: it is the other side's, which this command reads. */
async function checkPaths({ paths, stdinName, role }: PairSettings, ports: CheckPorts): Promise<void> {
  try {
    await ports.planPaths(paths, stdinName === undefined ? [] : [stdinName]);
  } catch (error) {
    if (!(error instanceof P2pError) || error.code !== "PATH_MISSING") throw error;
    const { params, cause } = error as P2pError<"PATH_MISSING">;
    if ((await kindOfNamedFile(params.path)) !== "missing") throw error;
    throw new P2pError("PATH_MISSING", { ...params, awaitedBy: role }, { cause });
  }
}

/** Where nothing can be received into the folder of the exchange files either, another one for what comes is no cure. */
async function checkOutput({ line }: PairSettings, ports: CheckPorts): Promise<void> {
  const { outputDir } = line.settings.session;
  try {
    await ports.checkOutput(outputDir);
  } catch (error) {
    const isOfDocuments = line.via === undefined && resolve(outputDir) === resolve(line.files.dir);
    if (!isOfDocuments || !(error instanceof P2pError) || error.code !== "OUTPUT_UNUSABLE") throw error;
    const { params, cause } = error as P2pError<"OUTPUT_UNUSABLE">;
    throw new P2pError("OUTPUT_UNUSABLE", { ...params, isOfDocuments }, { cause });
  }
}
