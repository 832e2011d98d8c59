// How far the heap of the command grows before all of it is collected.
import { setFlagsFromString } from "node:v8";

/**
 * V8 counts buffers outside of its heap too: up to 32 MiB of them die young between two small collections. The limit that it
 * computes for a heap of 16 MiB may be less than that, by what it measured on a busy machine; then it collects the whole heap
 * twenty times a second, which costs a transfer a fifth of its rate. With this much more than what lives that never happens.
 */
const GROWTH_PERCENT = 250;

/** To be called before anything is transferred. */
export function roomForBuffers(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
