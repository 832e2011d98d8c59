// Where an option's value comes from: command line, then environment, then config file. The first place that
// has a value wins, and complaints name it. options.ts decides what values mean.
import type { Config } from "./config.ts";
import {
  environmentName,
  EXCLUSIVE_OPTIONS,
  type Given,
  type OptionName,
  type OptionSpec,
  PAIR_OPTIONS,
  type RawOptions,
} from "./option-table.ts";
import type { Usage } from "./usage.ts";

interface Layer {
  readonly values: RawOptions;
  /** Name of the option at this place, for people: `--wait`, `P2P_WAIT`, `config.json: wait`. */
  labelOf(option: string): string;
}

/** A value and the place it came from. */
export interface Found<T> {
  readonly value: T;
  readonly label: string;
}

/** `rank`: 0 for the command line, and one more for each lower place. */
interface Ranked extends Found<Given> {
  readonly rank: number;
}

const YES = ["1", "true", "yes", "on"];
const NO = ["0", "false", "no", "off"];

/** Whether a variable says that a switch is on. */
export function isYes(text: string | undefined): boolean {
  return YES.includes(text?.toLowerCase() ?? "");
}

function environmentValues(env: Readonly<Record<string, string | undefined>>, usage: Usage): RawOptions {
  const values = new Map<string, Given>();
  for (const spec of PAIR_OPTIONS as readonly OptionSpec[]) {
    const name = environmentName(spec.name);
    const text = env[name];
    // An empty variable counts as unset: shells cannot easily unset a variable for one command.
    if (text === undefined || text === "") continue;
    if (spec.value === undefined) {
      if (!isYes(text) && !NO.includes(text.toLowerCase())) throw usage.badBoolean(name, text);
      values.set(spec.name, isYes(text));
    } else {
      // URLs and addresses contain neither commas nor blanks; a message may contain both, so it is never split.
      const isList = spec.repeatable && spec.name !== "message";
      values.set(spec.name, isList ? text.split(/[\s,]+/).filter((item) => item !== "") : [text]);
    }
  }
  return values;
}

export class OptionLayers {
  readonly #found = new Map<string, Ranked>();
  /** The options that have values which are all hidden, with the rank of what hides the highest one. */
  readonly #hidden = new Map<string, number>();

  /** @throws P2pError USAGE: a variable that is not a boolean, or a contradiction within one place */
  constructor(
    raw: RawOptions,
    env: Readonly<Record<string, string | undefined>>,
    config: Config | undefined,
    usage: Usage,
  ) {
    const layers: Layer[] = [
      { values: raw, labelOf: (option) => `--${option}` },
      { values: environmentValues(env, usage), labelOf: environmentName },
    ];
    if (config !== undefined) layers.push({ values: config.options, labelOf: (option) => `${config.path}: ${option}` });
    for (const [rank, layer] of layers.entries()) this.#add(layer, rank, usage);
  }

  #add(layer: Layer, rank: number, usage: Usage): void {
    for (const [first, second] of EXCLUSIVE_OPTIONS) {
      if (isSaid(layer.values.get(first)) && isSaid(layer.values.get(second))) {
        throw usage.contradiction(layer.labelOf(first), layer.labelOf(second));
      }
    }
    // Only values from higher layers may hide a value, not its neighbours of the same layer.
    const hiders = new Map([...this.#found].map(([name, found]) => [name, found.rank]));
    const hide = (name: OptionName, by: OptionName): void => {
      const found = this.#found.get(by);
      if (found !== undefined && isSaid(found.value)) hiders.set(name, Math.min(found.rank, hiders.get(name) ?? rank));
    };
    for (const [first, second] of EXCLUSIVE_OPTIONS) {
      hide(second, first);
      hide(first, second);
    }
    for (const [name, value] of layer.values) {
      const hider = hiders.get(name);
      if (hider === undefined) this.#found.set(name, { value, label: layer.labelOf(name), rank });
      else if (!this.#found.has(name) && !this.#hidden.has(name)) this.#hidden.set(name, hider);
    }
  }

  /**
   * True if `name` has a value from a lower place than the value of `other`, or than what hides that: who said it there
   * did not know of what was said since. False where `other` has no value at all.
   */
  isOlderThan(name: OptionName, other: OptionName): boolean {
    const said = this.#found.get(name);
    const decided = this.#found.get(other)?.rank ?? this.#hidden.get(other);
    return said !== undefined && decided !== undefined && decided < said.rank;
  }

  /** Value of a flag: true, false where a place said so, undefined where none did. */
  flag(name: OptionName): boolean | undefined {
    const value = this.#found.get(name)?.value;
    return typeof value === "boolean" ? value : undefined;
  }

  /** The place that a value came from, as complaints name it. */
  labelOf(name: OptionName): string {
    return this.#found.get(name)?.label ?? `--${name}`;
  }

  /** The values in order; undefined when no place gave any. */
  list(name: OptionName): Found<readonly string[]> | undefined {
    const found = this.#found.get(name);
    if (found === undefined || typeof found.value === "boolean") return undefined;
    return { value: found.value, label: found.label };
  }

  /** The last value: a repeated option replaces the earlier one. */
  text(name: OptionName): Found<string> | undefined {
    const found = this.list(name);
    const last = found?.value.at(-1);
    return found === undefined || last === undefined ? undefined : { ...found, value: last };
  }
}

function isSaid(given: Given | undefined): boolean {
  return given !== undefined && given !== false;
}
