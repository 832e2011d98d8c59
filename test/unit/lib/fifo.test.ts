import fc from "fast-check";
import { expect, it } from "vitest";
import { Fifo } from "../../../src/lib/fifo.ts";

it("gives everything back in order, however it is filled and emptied", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3_000), fc.nat(3_000)), { maxLength: 8 }), (rounds) => {
      const fifo = new Fifo<number>();
      const [got, firsts]: [unknown[], unknown[]] = [[], []];
      let put = 0;
      const take = (): void => {
        firsts.push(fifo.first);
        got.push(fifo.shift());
      };
      for (const [more, less] of rounds) {
        for (let count = 0; count < more; count += 1, put += 1) fifo.push(put);
        for (let count = 0; count < less && fifo.length > 0; count += 1) take();
        expect(fifo.length).toBe(put - got.length);
      }
      while (fifo.length > 0) take();
      const all = Array.from({ length: put }, (_, at) => at);
      expect([got, firsts]).toEqual([all, all]);
      expect([fifo.first, fifo.shift()]).toEqual([undefined, undefined]);
      fifo.push(put);
      expect([fifo.length, fifo.first, fifo.shift(), fifo.length]).toEqual([1, put, put, 0]);
    }),
    { numRuns: 30 },
  );
});
