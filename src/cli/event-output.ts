// The output that shows the events of a run when there is no conversation.
import type { P2pEvent, Session, VerifyEvent } from "../index.ts";

export interface EventOutput {
  /** Called once, before the `connected` event. */
  attach(session: Session): void;
  handleEvent(event: P2pEvent): void;
  /**
   * A verification string is shown.
   * @returns the person's answer; false when there is nobody to ask, undefined when the person leaves the question
   */
  askVerification(event: VerifyEvent): Promise<boolean | undefined>;
  /** Called when a signal arrives: the line is being closed, which takes a moment. */
  handleEnding(): void;
  /** Resolves when the output has accepted everything written. */
  drained(): Promise<void>;
}
