/**
 * `once`: the session ends by itself when both sides have nothing left to send.
 * `conversation`: a person ends it.
 */
export type SessionMode = "once" | "conversation";
