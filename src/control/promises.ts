// The ledger of what a side has promised to send. A promise is open from the moment in which the user gives it, before
// there is a session to send it by, until it is handed to the channel that reports its end itself. What is open when
// the session ends was not sent, whoever ended it and whenever.

/** The messages and files that the user of a session has announced for the time when it is connected. */
export interface Promised {
  /** One name for each call of `sendFiles` that will follow, in the order of the calls. */
  files: readonly string[];
  /** Count of the calls of `sendMessage` that will follow. */
  messages: number;
  /**
   * Whether more messages may follow, of a count that nobody knows, until `finish`. `once-begun`: from the first message
   * on, so that an input that stays empty promises nothing.
   */
  further: "none" | "until-finished" | "once-begun";
}

/** A session whose user has announced nothing. */
export const NOTHING_PROMISED: Promised = { files: [], messages: 0, further: "none" };

/** Files that are promised and not handed to a transfer yet. */
export interface FilePromise {
  readonly name: string;
  /** Announced beforehand: giving it up is a failure of what was asked for on the command line. */
  readonly wasAnnounced: boolean;
}

/** The promises that are open. */
export interface OpenPromises {
  readonly files: readonly FilePromise[];
  /** Count of the announced messages that were not sent. */
  readonly messages: number;
  /** The user was not finished with giving messages. */
  readonly hasFurther: boolean;
}

/** The promises of one side. Nothing here throws. */
export class PromiseLedger {
  /** Announced files whose call has not come. */
  #announced: FilePromise[];
  /** Files whose call has come, and that are no transfer yet. */
  readonly #called = new Set<FilePromise>();
  #messages: number;
  #further: Promised["further"];

  constructor({ files, messages, further }: Promised) {
    this.#announced = files.map((name) => ({ name, wasAnnounced: true }));
    this.#messages = messages;
    this.#further = further;
  }

  get open(): OpenPromises {
    return {
      files: [...this.#called, ...this.#announced],
      messages: this.#messages,
      hasFurther: this.#further === "until-finished",
    };
  }

  /** Files are being sent: the first announced ones, or further ones of this name. */
  callFiles(name: string): FilePromise {
    const promise = this.#announced.shift() ?? { name, wasAnnounced: false };
    this.#called.add(promise);
    return promise;
  }

  /** These files are a transfer now, or it was reported why they cannot be one. */
  settleFiles(promise: FilePromise): void {
    this.#called.delete(promise);
  }

  /** A message is being sent. */
  callMessage(): void {
    if (this.#messages > 0) this.#messages -= 1;
    else if (this.#further === "once-begun") this.#further = "until-finished";
  }

  /** Nothing more follows. Whatever was announced and has not come was given up by the user, who knows why. */
  finish(): void {
    this.#announced = [];
    this.#messages = 0;
    this.#further = "none";
  }
}
