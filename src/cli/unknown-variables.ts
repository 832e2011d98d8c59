// Variables of the environment that begin with P2P_ and mean nothing: a misspelt one could go unnoticed for years.
import { editDistance, SLIP_DISTANCE } from "../ui/edit-distance.ts";
import { environmentName, PAIR_OPTIONS } from "./option-table.ts";

/** Variables that are no options: locations, secrets and help for developers. */
export const OTHER_VARIABLES: readonly string[] = [
  "P2P_CONFIG",
  "P2P_STATE_DIR",
  "P2P_PASSPHRASE",
  "P2P_TURN_USER",
  "P2P_TURN_PASSWORD",
  "P2P_MQTT_USER",
  "P2P_MQTT_PASSWORD",
  "P2P_WHIP_TOKEN",
  "P2P_DEBUG",
];
const PREFIX = "P2P_";
/** Limit of the names that are printed; more would hide what is worth reading. */
const MAX_NAMED = 5;

export interface UnknownVariable {
  readonly name: string;
  /** The variable that was probably meant. */
  readonly meant: string | undefined;
}

/** Returns the set variables that begin with P2P_ and are none of ours, at most five. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): UnknownVariable[] {
  const known = [...new Set([...PAIR_OPTIONS.map(({ name }) => environmentName(name)), ...OTHER_VARIABLES])];
  return Object.keys(env)
    .filter((name) => name.startsWith("P2P_") && env[name] !== "" && !known.includes(name) && !isOfTests(name))
    .toSorted()
    .slice(0, MAX_NAMED)
    .map((name) => ({ name, meant: nearest(name, known) }));
}

/** Settings of this project's own tests, which run p2p as a child. */
function isOfTests(name: string): boolean {
  return /^P2P_(?:TEST|FAULTS|FUZZ|CRASH)_/.test(name);
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((each) => ({ each, distance: editDistance(name, each) }))
    .filter(({ distance }) => distance <= Math.min(SLIP_DISTANCE, (name.length - PREFIX.length) / 2))
    .toSorted((a, b) => a.distance - b.distance);
  return best?.each;
}
