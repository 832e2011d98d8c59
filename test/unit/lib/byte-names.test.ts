// Names that are not UTF-8 as text, and back.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeName, encodeName, isByteName, printableName } from "../../../src/lib/byte-names.ts";
import { escapeForDisplay } from "../../../src/lib/text.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

describe("a name of any bytes", () => {
  it.each([
    ["caf\xe9", "caf\udce9", "caf\\xe9"],
    ["\xff\xfe", "\udcff\udcfe", "\\xff\\xfe"],
    // Cut off, overlong, a surrogate half, beyond Unicode.
    ["\xe4\xbd", "\udce4\udcbd", "\\xe4\\xbd"],
    ["\xc0\xaf", "\udcc0\udcaf", "\\xc0\\xaf"],
    ["\xed\xb3\xa9", "\udced\udcb3\udca9", "\\xed\\xb3\\xa9"],
    ["\xf4\x90\x80\x80", "\udcf4\udc90\udc80\udc80", "\\xf4\\x90\\x80\\x80"],
    // Well-formed bytes on both sides of one that is not.
    ["\xc3\xa9\xe9\xf0\x9f\x98\x80", "\u00e9\udce9\u{1f600}", "\u00e9\\xe9\u{1f600}"],
  ])("%j is a text and itself again", (name, text, shown) => {
    expect(decodeName(bytes(name))).toBe(text);
    expect(encodeName(text)).toEqual(bytes(name));
    expect(isByteName(text)).toBe(true);
    expect([printableName(text), escapeForDisplay(text)]).toEqual([shown, shown]);
  });

  it.each(["", "a", "\ufeffa", "\u00e9", "\u{1f600}", "\ufffd"])("%j is UTF-8 and stays as it is", (text) => {
    expect(decodeName(encodeName(text))).toBe(text);
    expect([isByteName(text), printableName(text)]).toEqual([false, text]);
  });

  it("is itself again, whatever it is, and agrees with the system's decoder where that can read it", () => {
    const name = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .array(
          fc.oneof(
            fc.string({ unit: "grapheme" }).map((text) => [...Buffer.from(text)]),
            fc.array(fc.nat(255)),
          ),
        )
        .map((parts) => Uint8Array.from(parts.flat())),
    );
    fc.assert(
      fc.property(name, (original) => {
        const text = decodeName(original);
        expect(encodeName(text)).toEqual(original);
        const read = Buffer.from(original).toString("utf8");
        if (isByteName(text)) expect(read).toContain("\ufffd");
        else expect(text).toBe(read);
      }),
    );
  });
});
