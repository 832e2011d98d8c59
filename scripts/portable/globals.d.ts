// All that session/ and the pure folders may use beside the language itself. Node and browsers have it alike, and it does
// no I/O, takes no time and is not random. `npm run ok` compiles them against this file, without the types of Node.

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(
    label?: "utf-8" | "utf-16le" | "utf-16be" | "latin1" | "gb18030",
    options?: { fatal?: boolean; ignoreBOM?: boolean },
  );
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}

declare class URL {
  constructor(text: string, base?: string | URL);
  static canParse(text: string, base?: string | URL): boolean;
  readonly host: string;
  readonly hostname: string;
  readonly href: string;
  readonly password: string;
  readonly pathname: string;
  readonly port: string;
  readonly protocol: string;
  readonly search: string;
  readonly username: string;
}

/** Base64 of a string whose characters are bytes. */
declare function btoa(bytes: string): string;

/** The bytes of a base64 text as characters. */
declare function atob(base64: string): string;
