// What happened last in a simulation, for the message of a test that fails: packets with their fate, and notes.
import { describePacket } from "./chunks.ts";
import type { Packet } from "./packet.ts";

const KEPT_LINES = 200;

interface Note {
  readonly atMs: number;
  readonly text: string;
}

/** Keeps references and decodes only when asked: adding costs nothing. */
export class Ladder {
  readonly #lines: (Packet | Note)[] = [];
  #next = 0;

  add(line: Packet | Note): void {
    this.#lines[this.#next % KEPT_LINES] = line;
    this.#next += 1;
  }

  note(atMs: number, text: string): void {
    this.add({ atMs, text });
  }

  /** The last lines, oldest first; a packet stands where it was sent. */
  toString(): string {
    const kept = this.#lines.length;
    const ordered = Array.from({ length: kept }, (_, index) => this.#lines[(this.#next + index) % kept]);
    return ordered.map((line) => (line === undefined ? "" : show(line))).join("\n");
  }
}

function show(line: Packet | Note): string {
  if ("text" in line) return `${time(line.atMs)}  -- ${line.text}`;
  const arrival = line.arrivedAtMs === undefined ? "" : ` at ${line.arrivedAtMs.toFixed(3)}`;
  const copies = line.copies === 1 ? "" : ` x${line.copies}`;
  const fate = `${line.fate}${copies}${arrival}`.padEnd(24);
  return `${time(line.sentAtMs)}  ${line.direction}  ${fate}  ${line.bytes.length} B: ${describePacket(line.bytes)}`;
}

function time(atMs: number): string {
  return atMs.toFixed(3).padStart(12);
}
