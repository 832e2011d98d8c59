// @ts-check
// Measures how the work of a regular expression grows with its text: it matches the pattern by backtracking, as engines
// do, and counts the steps on texts built from the pattern itself. It finds growth caused by repeating more than one
// character; a pattern without a finding is not proved to be linear.
import { RegExpParser } from "@eslint-community/regexpp";

/** @typedef {import("@eslint-community/regexpp").AST.Element} Element */
/** @typedef {import("@eslint-community/regexpp").AST.Alternative} Alternative */
/** @typedef {import("@eslint-community/regexpp").AST.Quantifier} Quantifier */
/** Continuation after a match that ends at a position. @typedef {(at: number) => boolean} Next */
/** @typedef {(at: number, next: Next) => boolean} Matcher */

/** Maximum from which a quantifier counts as unlimited; a lower one bounds the cost for each character. */
const UNBOUNDED = 256;
const REPEATS = [12, 24, 48];
/** Ratio limit for the differences of step counts: it is 2 when the work is linear, 4 when it is quadratic. */
const MAX_RATIO = 2.8;
const MIN_STEPS = 48;
const MAX_STEPS = 100_000;
const MAX_LETTERS = 8;
/** Sample characters for character sets, in addition to those that the pattern names. */
const COMMON = ["a", "0", " ", "\n", "Z", "-", "\u0001", "中"];
/** A character that hardly any set contains. */
const STRANGE = "\u0001";

class TooManySteps extends Error {}

/**
 * @param {string} pattern
 * @param {string} flags
 * @returns {string | undefined} a text whose repetition takes more than proportional work; undefined when none was
 *   found
 */
export function growthOf(pattern, flags) {
  const regex = new Regex(pattern, flags);
  if (regex.loops.length === 0) return undefined;
  const leads = regex.loops.map((loop) => regex.leadTo(loop));
  for (const prefix of new Set(["", ...leads, STRANGE, ...regex.letters.slice(0, 2)])) {
    for (const unit of regex.units()) {
      for (const suffix of ["", STRANGE, "\n", ...regex.letters.slice(0, 4)]) {
        if (isSuperLinear(REPEATS.map((count) => regex.steps(prefix + unit.repeat(count) + suffix)))) {
          return prefix + unit.repeat(3) + suffix;
        }
      }
    }
  }
  return undefined;
}

/** @param {number[]} steps */
function isSuperLinear([few = 0, more = 0, most = 0]) {
  return most >= MAX_STEPS || (most - more > MIN_STEPS && most - more > MAX_RATIO * (more - few));
}

class Regex {
  #text = "";
  #steps = 0;
  /** @param {string} pattern @param {string} flags */
  constructor(pattern, flags) {
    const modes = { unicode: flags.includes("u"), unicodeSets: flags.includes("v") };
    const { alternatives } = new RegExpParser().parsePattern(pattern, 0, pattern.length, modes);
    this.flags = flags.replaceAll(/[gy]/g, "");
    this.isSticky = flags.includes("y");
    /** @type {Quantifier[]} without an upper limit */
    this.loops = [];
    /** @type {Set<string>} */
    const named = new Set();
    /** @type {{ raw: string }[]} */
    const sets = [];
    this.whole = this.#alternatives(alternatives, named, sets);
    const pool = [...named, ...COMMON];
    const ofSets = sets.flatMap(({ raw }) => [
      ...this.#members(raw, pool).slice(0, 2),
      ...this.#members(raw, COMMON).slice(0, 1),
    ]);
    this.letters = [...new Set([...named, ...ofSets])].slice(0, MAX_LETTERS);
  }

  /** Short strings that may be repeated: strings of one or two letters, and the bodies of the loops. */
  units() {
    const pairs = this.letters.flatMap((one) => this.letters.map((other) => one + other));
    const parts = this.loops.flatMap((loop) => [this.example(loop.element), this.leadTo(loop)]);
    const longer = parts.flatMap((part) => this.letters.map((letter) => part + letter));
    return new Set([...this.letters, ...pairs, ...parts, ...longer].filter((unit) => unit !== ""));
  }

  /** Counts steps until a match is found or excluded at every position. @param {string} text @returns {number} */
  steps(text) {
    this.#text = text;
    this.#steps = 0;
    try {
      for (let begin = 0; begin <= text.length; begin += 1) {
        if (this.whole(begin, () => true) || this.isSticky) break;
      }
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
    }
    return this.#steps;
  }

  /** @param {string} raw @param {string[]} pool */
  #members(raw, pool) {
    const set = new RegExp(`^${raw}$`, this.flags);
    return pool.filter((char) => set.test(char));
  }

  /** Returns a short text that the element matches. @param {Element} element @returns {string} */
  example(element) {
    switch (element.type) {
      case "Character":
        return String.fromCodePoint(element.value);
      case "CharacterSet":
      case "CharacterClass":
      case "ExpressionCharacterClass":
        return this.#members(element.raw, [...this.letters, ...COMMON])[0] ?? "";
      case "Group":
      case "CapturingGroup":
        return (element.alternatives[0]?.elements ?? []).map((one) => this.example(one)).join("");
      case "Quantifier":
        return this.example(element.element).repeat(Math.min(Math.max(element.min, 1), 64));
      default:
        return "";
    }
  }

  /** Returns a text for the elements before a loop. @param {Quantifier} loop @returns {string} */
  leadTo(loop) {
    let text = "";
    /** @type {any} */
    let node = loop;
    while (node.parent !== null && node.parent !== undefined) {
      if (node.parent.type === "Alternative") {
        const before = node.parent.elements.slice(0, node.parent.elements.indexOf(node));
        text = before.map((/** @type {Element} */ one) => this.example(one)).join("") + text;
      }
      node = node.parent;
    }
    return text;
  }

  /** @param {Alternative[]} alternatives @param {Set<string>} named @param {{ raw: string }[]} sets @returns {Matcher} */
  #alternatives(alternatives, named, sets) {
    const matchers = alternatives.map(({ elements }) => {
      const parts = elements.map((element) => this.#element(element, named, sets));
      /** @type {Matcher} */
      const sequence = (at, next) => {
        /** @param {number} index @param {number} from @returns {boolean} */
        const go = (index, from) => {
          const part = parts[index];
          return part === undefined ? next(from) : part(from, (end) => go(index + 1, end));
        };
        return go(0, at);
      };
      return sequence;
    });
    return (at, next) => matchers.some((matcher) => matcher(at, next));
  }

  /** @param {Element} element @param {Set<string>} named @param {{ raw: string }[]} sets @returns {Matcher} */
  #element(element, named, sets) {
    switch (element.type) {
      case "Character":
        named.add(String.fromCodePoint(element.value));
        return this.#char(element.raw);
      case "CharacterSet":
      case "CharacterClass":
      case "ExpressionCharacterClass":
        sets.push(element);
        for (const one of element.type === "CharacterClass" ? element.elements : []) {
          if (one.type === "Character") named.add(String.fromCodePoint(one.value));
          else if (one.type === "CharacterClassRange") named.add(String.fromCodePoint(one.min.value));
        }
        return this.#char(element.raw);
      case "Group":
      case "CapturingGroup":
        return this.#alternatives(element.alternatives, named, sets);
      case "Quantifier":
        return this.#quantifier(element, named, sets);
      case "Assertion":
        return this.#assertion(element, named, sets);
      default:
        throw new RangeError(`Cannot count the steps of ${element.raw}`);
    }
  }

  /** @param {string} raw @returns {Matcher} */
  #char(raw) {
    const set = new RegExp(`^(?:${raw})$`, this.flags);
    /** @type {Map<string, boolean>} */
    const known = new Map();
    return (at, next) => {
      this.#count();
      const char = this.#text.charAt(at);
      if (!known.has(char)) known.set(char, char !== "" && set.test(char));
      return known.get(char) === true && next(at + 1);
    };
  }

  /** @param {Quantifier} quantifier @param {Set<string>} named @param {{ raw: string }[]} sets @returns {Matcher} */
  #quantifier(quantifier, named, sets) {
    const { min, max, greedy, element } = quantifier;
    if (max >= UNBOUNDED) this.loops.push(quantifier);
    const one = this.#element(element, named, sets);
    return (begin, next) => {
      /** @param {number} count @param {number} at @returns {boolean} */
      const go = (count, at) => {
        this.#count();
        const more = () => count < max && one(at, (end) => (end > at || count < min) && go(count + 1, end));
        if (count < min) return more();
        return greedy ? more() || next(at) : next(at) || more();
      };
      return go(0, begin);
    };
  }

  /** @param {import("@eslint-community/regexpp").AST.Assertion} assertion @param {Set<string>} named @param {{ raw: string }[]} sets @returns {Matcher} */
  #assertion(assertion, named, sets) {
    if (assertion.kind === "lookahead") {
      const inside = this.#alternatives(assertion.alternatives, named, sets);
      return (at, next) => inside(at, () => true) !== assertion.negate && next(at);
    }
    if (assertion.kind === "lookbehind") throw new RangeError(`Cannot count the steps of ${assertion.raw}`);
    const place = new RegExp(assertion.raw, `${this.flags}y`);
    return (at, next) => {
      this.#count();
      place.lastIndex = at;
      return place.test(this.#text) && next(at);
    };
  }

  #count() {
    this.#steps += 1;
    if (this.#steps >= MAX_STEPS) throw new TooManySteps();
  }
}
