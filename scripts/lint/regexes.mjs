// @ts-check
// A lint rule: no regular expression in src may take more than linear time on any text. The author of a text can choose
// the worst one, and 256 KiB of it take minutes when the time is quadratic. A pattern that is built at run time cannot
// be examined, so it is forbidden.
import { analyse } from "scslre";
import { growthOf } from "./regex-growth.mjs";

/** @typedef {{ type: string, regex?: { pattern: string, flags: string }, callee?: { type: string, name?: string } }} Node */
/** @typedef {{ report: (problem: { node: Node, message: string }) => void }} Context */

/** Forms in which a text is searched; a match may begin at any position unless the pattern is anchored or sticky. */
const KINDS = {
  Move: "starts again at each of many characters",
  Self: "can take the same characters in more than one way",
  Trade: "has two parts that can take the same characters",
};

/**
 * @param {string} pattern
 * @param {string} flags
 * @returns {string | undefined} the problem of the pattern
 */
export function regexProblem(pattern, flags) {
  const [report] = analyse({ source: pattern, flags }, { reportTypes: { Move: true } }).reports;
  if (report !== undefined) {
    const { type, character, exponential } = report;
    return `${KINDS[type]} (${exponential ? "exponential" : "polynomial"}): try many of ${JSON.stringify(character.pick)}`;
  }
  const text = growthOf(pattern, flags);
  return text === undefined ? undefined : `takes more than linear time: try many of ${JSON.stringify(text)}`;
}

/** @param {Context} context */
function create(context) {
  /** @param {Node} node */
  const atCall = (node) => {
    if (node.callee?.type !== "Identifier" || node.callee.name !== "RegExp") return;
    context.report({ node, message: "Write the pattern as a literal: what is made at run time cannot be looked at" });
  };
  return {
    /** @param {Node} node */
    Literal(node) {
      const problem = node.regex === undefined ? undefined : regexProblem(node.regex.pattern, node.regex.flags);
      if (problem !== undefined) context.report({ node, message: `This regular expression ${problem}` });
    },
    NewExpression: atCall,
    CallExpression: atCall,
  };
}

export default { meta: { name: "p2p" }, rules: { "linear-regex": { create } } };
