// Local ports as people type them: `5000` or `5000-5010`.
import { MAX_PORT, type PortRange } from "../command-port.ts";

const FORM = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/;

/** @returns undefined when `text` is neither a port nor a range that starts with its lower end */
export function parsePortRange(text: string): PortRange | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? first);
  return first <= last && last <= MAX_PORT ? { first, last } : undefined;
}
