// One side of a shared folder, which looks only when the test says so; time passes only meanwhile.
import { readdir } from "node:fs/promises";
import { onTestFinished } from "vitest";
import type { P2pError } from "../../../../../src/lib/errors/p2p-error.ts";
import type { CarriedText, CarrierContext } from "../../../../../src/pairing/carrier.ts";
import type { SharedFolderClock } from "../../../../../src/pairing/carriers/shared-folder/folder-run.ts";
import { SharedFolderCarrier } from "../../../../../src/pairing/carriers/shared-folder/shared-folder-carrier.ts";
import type { ContactMeeting } from "../../../../../src/trust/contact-meeting.ts";
import { withResolvers } from "../../../../support/with-resolvers.ts";
import { HOUR_MS, NOW_MS } from "../../../exchange/fixtures.ts";

/** The time of one folder: it passes while somebody looks. */
export interface Time {
  ms: number;
}

const POLL_MS = 250;

/** Holds a side between two looks. */
class Sleeper {
  #fallen = withResolvers<undefined>();
  #wake: () => void = () => {};

  /** Resolves when the side has looked. */
  get asleep(): Promise<undefined> {
    return this.#fallen.promise;
  }

  async sleep(): Promise<void> {
    await new Promise<void>((wake) => {
      this.#wake = wake;
      this.#fallen.resolve(undefined);
    });
  }

  wake(): void {
    this.#fallen = withResolvers();
    this.#wake();
  }
}

/** One side, which looks when the test says so. */
export class Side {
  readonly carrier: SharedFolderCarrier;
  readonly states: string[] = [];
  /** The names of its other events. */
  readonly told: string[] = [];
  readonly troubles: P2pError[] = [];
  readonly time: Time;
  /** The limits of time that the carrier has set, which pass at once where `isStalled`. */
  readonly limitsMs: number[] = [];
  isStalled = false;
  readonly #sleeper: Sleeper;
  readonly #end = new AbortController();
  #looking: Promise<IteratorResult<CarriedText, void>> | undefined;
  readonly #texts: AsyncIterator<CarriedText, void, void>;

  private constructor(carrier: SharedFolderCarrier, time: Time, sleeper: Sleeper) {
    this.carrier = carrier;
    this.time = time;
    this.#sleeper = sleeper;
    this.#texts = carrier.incoming(this.#end.signal)[Symbol.asyncIterator]();
  }

  static async open(
    dir: string,
    role: "offer" | "answer",
    time: Time = { ms: 0 },
    context: Partial<CarrierContext> = {},
    meeting?: ContactMeeting,
  ): Promise<Side> {
    const opened: { side?: Side } = {};
    const sleeper = new Sleeper();
    const clock: SharedFolderClock = {
      now: () => time.ms,
      wallMs: () => NOW_MS + time.ms,
      sleep: async (ms, signal) => {
        if (ms === POLL_MS) return await sleeper.sleep();
        opened.side?.limitsMs.push(ms);
        if (opened.side?.isStalled !== true) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    };
    const carrier = await SharedFolderCarrier.open(
      dir,
      {
        role,
        emit: (event) => {
          if (event.event === "carrier") opened.side?.states.push(event.state);
          else opened.side?.told.push(event.event);
        },
        onTrouble: (error) => opened.side?.troubles.push(error),
        ...context,
      },
      meeting,
      clock,
    );
    const side = new Side(carrier, time, sleeper);
    opened.side = side;
    onTestFinished(() => side.close());
    return side;
  }

  /** Looks until a text comes, for at most so long. @returns its text; undefined: none has come */
  async next(forMs = 1_000): Promise<string | undefined> {
    return (await this.nextText(forMs))?.text;
  }

  async nextText(forMs = 1_000): Promise<{ text: string; carried: CarriedText } | undefined> {
    const looking = (this.#looking ??= this.#texts.next());
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const found = await Promise.race([looking, this.#sleeper.asleep]);
      if (found !== undefined) {
        this.#looking = undefined;
        const { value } = found;
        return value === undefined ? undefined : { text: new TextDecoder().decode(value.bytes), carried: value };
      }
      if (waitedMs >= forMs) return undefined;
      this.time.ms += POLL_MS;
      this.#sleeper.wake();
    }
  }

  publish(text: string, revision = 1): Promise<unknown> {
    return this.carrier.publish(text, revision, NOW_MS + HOUR_MS);
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#sleeper.wake();
    await this.#looking?.catch(() => {});
    await this.carrier.close();
  }
}

/** A side with an offer in the folder. */
export async function offering(dir: string, text = "offer", time?: Time): Promise<Side> {
  const side = await Side.open(dir, "offer", time);
  await side.publish(text);
  return side;
}

/** The kinds of the entries in the folder. */
export const kindsIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).map((name) => name.replace(/^p2p-[0-9a-f]{32}-/, "").replace(/-[0-9a-f]{16}/, "")).sort();

/** The name of the entry of this kind; empty: there is none. */
export const nameOf = async (dir: string, kind: string): Promise<string> =>
  (await readdir(dir)).find((name) => name.includes(`-${kind}`)) ?? "";
