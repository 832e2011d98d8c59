// @ts-check
// Says which code Stryker leaves as it is, because a test against such a mutant would hold wording or types and no rule.
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

/** Errors for developers: they tell a caller's mistake, or bytes that a caller turns into an error with a code. */
const ERRORS_FOR_DEVELOPERS = new Set(["Error", "TypeError", "RangeError", "MalformedBytes"]);

/**
 * The part of a Babel path that the rules below read.
 * @typedef {{ type: string, name?: string, callee?: BabelNode }} BabelNode
 * @typedef {{ node: BabelNode, parent?: BabelNode | null, listKey?: string }} BabelPath
 */

/**
 * @param {BabelPath} path
 * @returns {string | undefined} the reason to leave this code as it is
 */
export function noiseOf({ node, parent, listKey }) {
  const isText = node.type === "StringLiteral" || node.type === "TemplateLiteral";
  const isOfDeveloper =
    parent?.type === "NewExpression" && listKey === "arguments" && ERRORS_FOR_DEVELOPERS.has(parent.callee?.name ?? "");
  return isText && isOfDeveloper ? "the text of an error for developers" : undefined;
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "noise", {
    shouldIgnore: (path) => noiseOf(/** @type {BabelPath} */ (path)),
  }),
];
