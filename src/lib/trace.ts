// The trace of a line: each change of its state as a name and some figures, for a file or for an embedder. Nothing that is
// secret and nothing that a person wrote may be put into it: no credentials, keys, addresses, names, texts or contents.

/** A figure of a trace; one that is undefined is not written. */
export type TraceValue = string | number | boolean | undefined;

/**
 * Receives each change of state at once. It must not throw, and must return quickly: packets wait for it.
 * @param name - the kind of change, such as `session:state_updated`; docs/trace.md lists all. Where qlog
 *   (draft-ietf-quic-qlog-main-schema, draft-ietf-quic-qlog-quic-events) has a name, it is that name
 * @param data - figures by name; times in milliseconds, sizes in bytes, rates in bits per second, as in qlog
 */
export type Trace = (name: string, data: Readonly<Record<string, TraceValue>>) => void;

/** Traces one state that takes the place of another, each change once; asked again, it says nothing. */
export class StateTrace {
  readonly #name: string;
  readonly #trace: Trace | undefined;
  #state: string | number | undefined;

  /** @param trace - undefined: nobody traces */
  constructor(name: string, trace: Trace | undefined) {
    this.#name = name;
    this.#trace = trace;
  }

  /** @param more - figures that belong to the new state */
  note(state: string | number, more: Readonly<Record<string, TraceValue>> = {}): void {
    if (state === this.#state) return;
    this.#trace?.(this.#name, { old: this.#state, new: state, ...more });
    this.#state = state;
  }
}
