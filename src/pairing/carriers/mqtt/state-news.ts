// What a broker carrier tells of the other side: everything in order, from the moment in which the line reads. Everybody on
// the broker can remove a message and bring back an old one, so what others bring about is told at most once a second.
import type { After } from "../../../lib/waiting.ts";
import type { CarrierState } from "../../carrier.ts";

/** Between two states of a kind that others have brought about. */
const NEWS_MS = 1_000;
/** Limit of the states that wait for the line to read. */
const MAX_UNTOLD = 16;

export class StateNews {
  readonly #onState: (state: CarrierState) => void;
  readonly #after: After;
  /** The states that are told once the line reads; undefined: it does. */
  #untold: CarrierState[] | undefined = [];
  /** The state that was told last. */
  #told: CarrierState | undefined;
  /** The newest state that others have brought about and that is not told yet. */
  #news: CarrierState | undefined;
  /** While an entry is here, nothing of its kind is told. The value ends that. */
  readonly #quiet = new Map<"coming" | "delivered", () => void>();

  /** @param onState - called once the line reads */
  constructor(onState: (state: CarrierState) => void, after: After) {
    this.#onState = onState;
    this.#after = after;
  }

  /** The line reads from now on. */
  begin(): void {
    const untold = this.#untold ?? [];
    this.#untold = undefined;
    for (const state of untold) this.#onState(state);
  }

  /** Tells a state that this side has found out, and drops what others have brought about before. */
  tell(state: CarrierState): void {
    this.#news = undefined;
    this.#told = state;
    if (this.#untold === undefined) {
      this.#onState(state);
      return;
    }
    // The last state is the one that counts.
    if (this.#untold.length === MAX_UNTOLD) this.#untold.pop();
    this.#untold.push(state);
  }

  /** The same, unless it was told last. */
  tellOnce(state: CarrierState): void {
    if (this.#told !== state) this.tell(state);
  }

  /** Tells what others have brought about, unless something of the kind was told just before: then the last one, later. */
  tellOfOthers(state: CarrierState): void {
    this.#news = state;
    this.#tellNews();
  }

  /** There is a new document: that it is delivered is news, even after the one before. */
  handleNewDocument(): void {
    if (this.#told === "delivered") this.#told = undefined;
  }

  /** Nothing that others bring about is told any more. */
  close(): void {
    for (const cancel of this.#quiet.values()) cancel();
  }

  #tellNews(): void {
    const state = this.#news;
    if (state === undefined) return;
    const kind = state === "delivered" ? "delivered" : "coming";
    if (this.#quiet.has(kind)) return;
    this.#news = undefined;
    if (state === this.#told) return;
    this.tell(state);
    const cancel = this.#after(NEWS_MS, () => {
      this.#quiet.delete(kind);
      this.#tellNews();
    });
    this.#quiet.set(kind, cancel);
  }
}
