// Finds in TypeScript text what can grow: fields, variables of a module, and variables that a function keeps for
// others within it. It reads lines, and relies on the formatter: a class stands at the first column, its fields two
// columns further in, and what belongs to a block is indented deeper than the block.

/** One collection that a source file keeps. */
export interface Collection {
  /** As it is written: `#waiting`, `usedIds`. */
  readonly name: string;
  /** Of its declaration, from 1. */
  readonly line: number;
}

const GROWING_CLASS = "(?:Map|Set|Array|Fifo|RecentMap)";
/** An empty text grows when more is added; a list, a map or a set by what is put into it. */
const GROWING_VALUE = `(?:new ${GROWING_CLASS}\\b|\\[|""|Buffer\\.(?:alloc|concat|from)\\b|new Uint8Array\\b)`;
const GROWING_TYPE = new RegExp(`\\b(?:Readonly)?${GROWING_CLASS}<|\\[\\]`);
const MODIFIERS = "(?:(?:static|readonly|private|protected|public|declare|override|accessor) )*";
/** With what braces hold, and with the arrows of functions. */
const TYPE = "(?::(?:[^;={]|=>|\\{[^}]*\\})*)";

const FIELD = new RegExp(`^ {2}${MODIFIERS}(#?[\\w$]+)[?!]?(${TYPE}?) =\\s+(${GROWING_VALUE})`);
const TYPED_FIELD = new RegExp(`^ {2}(${MODIFIERS})(#?[\\w$]+)[?!]?(${TYPE});`);
const VARIABLE = new RegExp(
  `^( *)(?:export )?(?:const|let|var) ([\\w$]+)(?:${TYPE})? =\\s+(?:new ${GROWING_CLASS}\\b|\\[|"")`,
);

/** Of an object: `queue: [],`. */
const PROPERTY = new RegExp(`^ +([\\w$]+): (?:new ${GROWING_CLASS}\\b|\\[\\]|"",?$)`);

function escaped(name: string): string {
  return name.replace(/[$#]/g, "\\$&");
}

/** What makes the collection of this name larger, or another one: also one by one, in a text. */
function growth(name: string): RegExp {
  const itself = `(?<![\\w.#$])${escaped(name)}`;
  return new RegExp(`${itself}(?:\\??\\.(?:push|unshift|splice|set|add|fill)\\(| \\+= | = |\\[[^\\]]+\\] = )`);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** The collections of one file, in its order. Weak maps and sets keep nothing, and constant tables do not grow. */
export function collectionsOf(source: string): Collection[] {
  const lines = source.split("\n");
  const found: Collection[] = [];
  let inClass = false;
  for (const [at, line] of lines.entries()) {
    if (/^(?:export )?(?:default )?(?:abstract )?class /.test(line)) inClass = !line.endsWith("{}");
    else if (line === "}") inClass = false;
    // A declaration that the formatter broke goes on in the next lines.
    const statement = lines.slice(at, at + 6).join("\n");
    const name =
      (inClass ? fieldIn(statement, source) : undefined) ?? keptIn(statement, lines, at) ?? propertyIn(line, source);
    if (name !== undefined) found.push({ name, line: at + 1 });
  }
  return found;
}

function fieldIn(statement: string, source: string): string | undefined {
  const [, name, , value] = FIELD.exec(statement) ?? [];
  if (name !== undefined && value !== undefined) {
    const isCollection = value.startsWith("[") || value.includes("Map") || /new (?:Set|Array|Fifo)/.test(value);
    // An empty text or buffer that is only replaced does not grow.
    return isCollection || growsInPlace(name, source) ? name : undefined;
  }
  const [, modifiers = "", typed, type = ""] = TYPED_FIELD.exec(statement) ?? [];
  if (typed === undefined) return undefined;
  const isFixed = modifiers.includes("readonly ") && /^: (?:Readonly|readonly )/.test(type);
  if (GROWING_TYPE.test(type)) return isFixed || /^: \(.*\) => /.test(type) ? undefined : typed;
  return /\b(?:string|Buffer|Uint8Array)\b/.test(type) && growsInPlace(typed, source) ? typed : undefined;
}

/** Whether a text or a run of bytes becomes longer: by `+=`, or by being joined with itself. */
function growsInPlace(name: string, source: string): boolean {
  const itself = `this\\.${escaped(name)}`;
  const joined = `${itself} = [^;]*(?:concat|join)\\w*\\([^;]*${itself}`;
  const appended = `${itself} = \\(?(?:\`\\$\\{)?${itself}\\b(?! (?:-|[<>]))`;
  return new RegExp(
    `${itself} \\+= [^;\\d][^;]*(?<!length|size|bytes|Bytes|Ms|units);|${joined}|${appended} ?[+}]`,
  ).test(source);
}

/** A list or text within an object counts where the file makes it longer; a map or a set is there to grow. */
function propertyIn(line: string, source: string): string | undefined {
  const [whole = "", name] = PROPERTY.exec(line) ?? [];
  if (name === undefined || whole.includes(": new ")) return name;
  return new RegExp(`\\.${escaped(name)}(?:\\.(?:push|unshift|splice)\\(| \\+= )`).test(source) ? name : undefined;
}

function keptIn(statement: string, lines: readonly string[], at: number): string | undefined {
  const [, indent, name] = VARIABLE.exec(statement) ?? [];
  if (indent === undefined || name === undefined) return undefined;
  const grows = growth(name);
  const rest = lines.slice(at + 1);
  if (indent === "") return rest.some((line) => grows.test(line)) ? name : undefined;
  const end = rest.findIndex((line) => line.trim() !== "" && indentOf(line) < indent.length);
  const block = end < 0 ? rest : rest.slice(0, end);
  return block.some((line, index) => grows.test(line) && isInnerFunction(block, index, indent.length, name))
    ? name
    : undefined;
}

// A loop over what comes in lives as long as that comes.
const FUNCTION = /=>|\bfor await\b|\bfunction\b|^\s*(?:async |get |set |\*)*[#\w$]+\([^;]*\)(?:: [^;]*)? \{$/;
const STATEMENT = /^\s*(?:\} )?(?:if|else|for(?! await)|while|switch|catch|try|do)\b/;

/** Whether this line of a block belongs to a function within the block, which may be called again and again. */
function isInnerFunction(block: readonly string[], at: number, outer: number, name: string): boolean {
  const [before = ""] = (block[at] ?? "").split(growth(name));
  if (FUNCTION.test(before)) return true;
  let indent = indentOf(block[at] ?? "");
  for (let index = at - 1; index >= 0 && indent > outer; index--) {
    const line = block[index] ?? "";
    if (line.trim() === "" || indentOf(line) >= indent) continue;
    if (FUNCTION.test(line) && !STATEMENT.test(line)) return true;
    indent = indentOf(line);
  }
  return false;
}

/** How to read a file by its path from the root of the project. */
type Read = (path: string) => string;

/**
 * The number that a constant of a file stands for. Sums, products and powers of numbers and of other constants are
 * worked out, those of other files too.
 * @returns undefined when the file has no such constant, or it is no number
 */
export function constantValue(path: string, name: string, read: Read): number | undefined {
  const source = read(path);
  const [, expression] = new RegExp(`^(?:export )?const ${name}(?:: number)? =\\s+([^;]+);`, "m").exec(source) ?? [];
  if (expression !== undefined) return valueOf(expression, (other) => constantValue(path, other, read));
  const imported = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "(\\.[^"]+)"`).exec(source)?.[1];
  if (imported === undefined) return undefined;
  return constantValue(new URL(imported, `file:///${path}`).pathname.slice(1), name, read);
}

const TOKEN = /\s*(0x[\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e\d+)?|[A-Za-z_$][\w$]*|\*\*|[-+*/()])/giy;

/** `4 * 1024 * 1024`, `2 ** 14 + 24`, `(1 + TWO) / 3`. @returns undefined when it is anything else */
export function valueOf(expression: string, named: (name: string) => number | undefined): number | undefined {
  const text = expression.trim();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; end < text.length; end = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  let at = 0;
  const primary = (): number => {
    const token = tokens[at++] ?? "";
    if (token === "-") return -primary();
    if (token === "(") {
      const inner = sum();
      return tokens[at++] === ")" ? inner : Number.NaN;
    }
    const digits = token.replaceAll("_", "");
    return /^\d/.test(token) ? Number(digits) : (named(token) ?? Number.NaN);
  };
  const power = (): number => {
    const base = primary();
    if (tokens[at] !== "**") return base;
    at++;
    return base ** power();
  };
  const product = (): number => {
    let value = power();
    while (tokens[at] === "*" || tokens[at] === "/") value = tokens[at++] === "*" ? value * power() : value / power();
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-")
      value = tokens[at++] === "+" ? value + product() : value - product();
    return value;
  };
  const value = sum();
  return at === tokens.length && !Number.isNaN(value) ? value : undefined;
}
