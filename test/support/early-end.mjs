// @ts-check
// What a test has started and would end afterwards is ended by this process too, where that ends before the test: somebody has
// stopped the run of the tests from outside. Vitest's own process obeys that at once, and its workers only find their line to it
// cut.

/** @type {Set<() => void>} */
const ends = new Set();

process.once("exit", () => {
  for (const end of ends) {
    try {
      end();
    } catch {
      // What cannot be ended keeps nothing else alive.
    }
  }
});
process.once("disconnect", () => {
  // In a worker process.exit() throws: no test may call it.
  process.emit("exit", 1);
  process.kill(process.pid, "SIGKILL");
});

/**
 * Has something done where this process ends early.
 * @param {() => void} end - waits for nothing
 * @returns {() => void} takes that back
 */
export function atEarlyEnd(end) {
  ends.add(end);
  return () => void ends.delete(end);
}

/**
 * Has a program killed where this process ends early.
 * @param {import("node:child_process").ChildProcess} child
 */
export function killAtEarlyEnd(child) {
  child.once(
    "exit",
    atEarlyEnd(() => void child.kill("SIGKILL")),
  );
}
