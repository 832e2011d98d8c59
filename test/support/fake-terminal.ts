// Streams that look like a terminal to the conversation: keys go in as text, bytes go to a Screen.
import { PassThrough, Writable } from "node:stream";
import { Screen } from "./screen.ts";

class FakeInput extends PassThrough {
  readonly isTTY = true;
  isRaw = false;
  isGone = false;

  /** Reports a failure as Node.js does: by an event, at once. */
  setRawMode(isRaw: boolean): this {
    if (this.isGone) this.emit("error", Object.assign(new Error("setRawMode EIO"), { code: "EIO" }));
    else this.isRaw = isRaw;
    return this;
  }
}

class FakeOutput extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  bytes = "";
  readonly #screen: Screen;

  constructor(screen: Screen) {
    super({ decodeStrings: false });
    this.columns = screen.columns;
    this.#screen = screen;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.bytes += chunk;
    this.#screen.write(chunk);
    done();
  }
}

export class FakeTerminal {
  readonly screen: Screen;
  readonly #input = new FakeInput();
  readonly #output: FakeOutput;

  constructor(columns = 80) {
    this.screen = new Screen(columns);
    this.#output = new FakeOutput(this.screen);
  }

  // The conversation uses of a terminal what these have; the rest of the two classes is not looked at.
  get input(): NodeJS.ReadStream {
    return this.#input as unknown as NodeJS.ReadStream;
  }

  get output(): NodeJS.WriteStream {
    return this.#output as unknown as NodeJS.WriteStream;
  }

  /** Everything ever written. */
  get bytes(): string {
    return this.#output.bytes;
  }

  get isRaw(): boolean {
    return this.#input.isRaw;
  }

  /** Its window is closed: its mode cannot be set any more. */
  vanish(): void {
    this.#input.isGone = true;
  }

  /** Keys as the terminal sends them: text, `\r` for Enter, `\u0003` for Ctrl-C. */
  type(keys: string): void {
    this.#input.write(keys);
  }
}

/** Lets everything that is on its way through promises and streams arrive. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
