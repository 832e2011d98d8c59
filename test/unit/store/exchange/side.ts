// One side of a pairing with its folder, on a clock that runs as fast as the folder sleeps.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import type { OwnDocument } from "../../../../src/exchange/description.ts";
import { judgeDocument } from "../../../../src/exchange/judge.ts";
import {
  ExchangeFolder,
  type ExchangeFolderOptions,
  type FolderFinding,
} from "../../../../src/store/exchange/exchange-folder.ts";
import { NOW_MS, offer } from "../../exchange/fixtures.ts";
import { makeTempFolder } from "./temp-folder.ts";

export const text = encodeExchangeDocument;

export type Step = [atMs: number, action: () => unknown];

/** The clock of a folder, and what happens when. */
interface Time {
  ms: number;
  steps: Step[];
}

/** One side in a folder of its own, on a clock that runs as fast as the folder sleeps. */
export class Side {
  readonly dir: string;
  readonly folder: ExchangeFolder;
  readonly role: "offer" | "answer";
  own: OwnDocument | undefined;
  /** What `watch` had told when the first look was over. */
  toldAtFirst: string[] | undefined;
  readonly #time: Time;

  private constructor(folder: ExchangeFolder, dir: string, role: "offer" | "answer", time: Time) {
    this.folder = folder;
    this.dir = dir;
    this.role = role;
    this.#time = time;
  }

  static async open(
    role: "offer" | "answer",
    options: Partial<ExchangeFolderOptions> & { dir: string; stateDir: string },
  ): Promise<Side> {
    const time: Time = { ms: 0, steps: [] };
    const clock = {
      now: () => time.ms,
      sleep: async (ms: number) => {
        time.ms += ms;
        while ((time.steps[0]?.[0] ?? Number.POSITIVE_INFINITY) <= time.ms) await time.steps.shift()?.[1]();
      },
    };
    const folder = await ExchangeFolder.open({ command: role, clock, ...options });
    return new Side(folder, options.dir, role, time);
  }

  /** The time on the clock of this side. */
  get nowMs(): number {
    return this.#time.ms;
  }

  async write(document: OwnDocument): Promise<string> {
    this.own = document;
    return (await this.folder.writeOwn(text(document))).path;
  }

  put(name: string, content: OwnDocument | string | Uint8Array): Promise<void> {
    const isData = typeof content === "string" || content instanceof Uint8Array;
    return writeFile(join(this.dir, name), isData ? content : text(content));
  }

  read(name: string): Promise<string> {
    return readFile(join(this.dir, name), "utf8");
  }

  /** Watches for so long, doing the steps on their way, and tells what was found as `kind name …`. */
  async watch(untilMs: number, ...steps: Step[]): Promise<string[]> {
    const end = new AbortController();
    this.#time.ms = 0;
    this.#time.steps.push(...steps, [untilMs, () => end.abort()]);
    const judge = (document: Parameters<typeof judgeDocument>[0], path: string, isFromBefore: boolean) => {
      const own = { role: this.role, document: this.own };
      return judgeDocument(document, own, { path, nowMs: NOW_MS, isFromBefore, isUsed: () => false });
    };
    const told: string[] = [];
    const onLooked = (): void => {
      this.toldAtFirst = [...told];
    };
    const found = this.folder.watch(judge, end.signal, onLooked);
    for await (const finding of found) told.push(this.#describe(finding, this.#time.ms));
    return told;
  }

  #describe(finding: FolderFinding, ms: number): string {
    const name = (path: string): string => path.replace(`${this.dir}/`, "");
    const about = `${ms} ${finding.kind} ${name(finding.path)}`;
    switch (finding.kind) {
      case "peer":
        return `${about}: ${finding.verdict} ${finding.document.p2p?.id.slice(-4) ?? "foreign"}`;
      case "own-overwritten":
        return `${about} → ${name(finding.keptAs)}`;
      case "refused":
        return `${about}: ${finding.error.code}${finding.isFatal ? " fatal" : ""}`;
      case "own-gone":
      case "folder-back":
      case "folder-crowded":
        return about;
      case "costly-files":
        return `${about}: ${finding.count}`;
      case "folder-gone":
      case "ignored":
        return `${about}: ${finding.error.code}`;
    }
  }
}

export async function folders(): Promise<{ dir: string; stateDir: string }> {
  return { dir: await makeTempFolder(), stateDir: await makeTempFolder() };
}

/** The offering side with its file written. */
export async function offering(options?: Partial<ExchangeFolderOptions>): Promise<Side> {
  const side = await Side.open("offer", { ...(await folders()), ...options });
  await side.write(offer());
  return side;
}
