// The plan of the benchmark of paths, as far as it needs no namespaces.
import { expect, test } from "vitest";
import { staleSpaces } from "../../../scripts/bench/path-lab.mjs";
import { PATH_ROWS, relayed } from "../../../scripts/bench/path-plan.mjs";

test("a relay of datagrams makes what has neither jitter nor bursts nor late packets", () => {
  const rows = PATH_ROWS.filter(({ path }) => relayed(path) !== undefined).map(({ id }) => id);
  expect(rows).toEqual(["50ms-0.1%", "50ms-1%", "80ms-5%", "shallow", "bufferbloat", "300mbit", "600ms", "lan"]);
});

test("its conditions are those of the path", () => {
  const [row] = PATH_ROWS;
  expect(row && relayed(row.path)).toEqual({
    bytesPerSecond: 12.5e6,
    queueBytes: 600_000,
    delayMs: 25,
    loss: 0.001,
    mtuBytes: 1_500,
  });
});

test("each path has an id of its own, since saved results are found by it", () => {
  expect(new Set(PATH_ROWS.map(({ id }) => id)).size).toBe(PATH_ROWS.length);
});

test("the namespaces of a bench that was killed are removed by the next one, those of a running one are not", () => {
  const names = [
    "p2p-bench-10-a",
    "p2p-bench-10-b",
    "p2p-bench-11-a",
    "p2p-bench-x-a",
    "p2p-nat-10-a",
    "p2p-bench-10-c",
  ];
  expect(staleSpaces(names, (pid) => pid === 11)).toEqual(["p2p-bench-10-a", "p2p-bench-10-b"]);
});
