// Where events and notices of a run go when no conversation shows them.
import type { Notice } from "../command-port.ts";
import type { P2pEvent, Session, VerifyEvent } from "../index.ts";

export interface EventOutput {
  /** Once, before the `connected` event. */
  attach(session: Session): void;
  handleEvent(event: P2pEvent): void;
  /** A verification string is shown. @returns what a person says of it; false where there is none to ask */
  askVerification(event: VerifyEvent): Promise<boolean>;
  handleNotice(notice: Notice): void;
  /** A signal came: the line is being ended, which takes a moment. */
  handleEnding(): void;
  /** Resolves when what was written has been taken. */
  drained(): Promise<void>;
}
