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

const YES = ["1", "true", "yes", "on"];
const NO = ["0", "false", "no", "off"];

function environmentValues(env: Readonly<Record<string, string | undefined>>, usage: Usage): RawOptions {
  const values = new Map<string, Given>();
  for (const spec of PAIR_OPTIONS as readonly OptionSpec[]) {
    const name = environmentName(spec.name);
    const text = env[name];
    // An empty variable counts as unset: shells cannot easily unset a variable for one command.
    if (text === undefined || text === "") continue;
    if (spec.value === undefined) {
      const isYes = YES.includes(text.toLowerCase());
      if (!isYes && !NO.includes(text.toLowerCase())) throw usage.badBoolean(name, text);
      values.set(spec.name, isYes);
    } else {
      // URLs and addresses contain neither commas nor blanks; a message may contain both, so it is never split.
      const isList = spec.repeatable && spec.name !== "message";
      values.set(spec.name, isList ? text.split(/[\s,]+/).filter((item) => item !== "") : [text]);
    }
  }
  return values;
}

export class OptionLayers {
  readonly #found = new Map<string, Found<Given>>();

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
    for (const layer of layers) this.#add(layer, usage);
  }

  #add(layer: Layer, usage: Usage): void {
    for (const [first, second] of EXCLUSIVE_OPTIONS) {
      if (isSaid(layer.values.get(first)) && isSaid(layer.values.get(second))) {
        throw usage.contradiction(layer.labelOf(first), layer.labelOf(second));
      }
    }
    // Only values from higher layers may hide a value, not its neighbours of the same layer.
    const hidden = new Set(this.#found.keys());
    for (const [first, second] of EXCLUSIVE_OPTIONS) {
      if (isSaid(this.#found.get(first)?.value)) hidden.add(second);
      if (isSaid(this.#found.get(second)?.value)) hidden.add(first);
    }
    for (const [name, value] of layer.values) {
      if (!hidden.has(name)) this.#found.set(name, { value, label: layer.labelOf(name) });
    }
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
    return found === undefined || typeof found.value === "boolean" ? undefined : { ...found, value: found.value };
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
