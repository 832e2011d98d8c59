// Tells a person who looks elsewhere that something has come or is asked: the terminal's bell, and for what was waited
// for also a notification of the terminal (OSC 9 of iTerm2, which kitty, WezTerm, Ghostty, foot, ConEmu and others know).
import { escapeForDisplay } from "../command-port.ts";
import type { P2pEvent } from "../index.ts";
import type { Words } from "../words/index.ts";
import { type Io, isDumbTerminal } from "./io.ts";

const BELL = "\u0007";
/** Terminals that print an OSC sequence which they do not know. */
const WITHOUT_OSC: readonly (string | undefined)[] = ["linux"];
/** Values of `CI` that deny it. */
const NO_CI: readonly (string | undefined)[] = [undefined, "", "0", "false"];

export interface AttentionOptions {
  readonly io: Pick<Io, "stderr" | "env">;
  readonly words: Words["conversation"]["carrying"]["notices"];
  /** False: a program reads the events, or the person wants neither bell nor notification. */
  readonly isWanted: boolean;
}

export class Attention {
  readonly #options: AttentionOptions;
  /** For what the person waits; undefined: for nothing, or it has come and was told. */
  #awaited: Extract<P2pEvent, { event: "waiting" }>["for"] | undefined;

  constructor(options: AttentionOptions) {
    this.#options = options;
  }

  /** Rings the bell: something waits for the person. */
  ring(): void {
    if (this.#isHeard) this.#options.io.stderr.write(BELL);
  }

  /** Call it with each event before it is shown. */
  handleEvent(event: P2pEvent): void {
    const { words } = this.#options;
    if (event.event === "waiting") this.#awaited = event.for;
    const isTheirFile = event.event === "peer-file" && this.#awaited === "file";
    if (isTheirFile) this.ring();
    if (isTheirFile) this.#notify(words.theirFile);
    // Between the answer and the connection is a second, so whoever waited for the answer has been told already.
    if (event.event === "connected" && this.#awaited !== undefined) this.#notify(words.connected);
    if (event.event === "peer-file" || event.event === "connected") this.#awaited = undefined;
  }

  #notify(text: string): void {
    const { stderr, env } = this.#options.io;
    if (this.#isHeard && !WITHOUT_OSC.includes(env["TERM"])) {
      stderr.write(notificationSequence(escapeForDisplay(text), Boolean(env["TMUX"])));
    }
  }

  get #isHeard(): boolean {
    const { io, isWanted } = this.#options;
    return isWanted && io.stderr.isTTY === true && !isDumbTerminal(io) && NO_CI.includes(io.env["CI"]);
  }
}

/** It ends with ST and not with a bell, which would be heard where the sequence is not known. tmux passes it on if allowed to. */
function notificationSequence(text: string, isTmux: boolean): string {
  const sequence = `\u001b]9;${text}\u001b\\`;
  return isTmux ? `\u001bPtmux;${sequence.replaceAll("\u001b", "\u001b\u001b")}\u001b\\` : sequence;
}
