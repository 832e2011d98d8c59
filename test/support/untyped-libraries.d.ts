// Libraries of tests that bring no types: as much of each as the tests use.
declare module "he" {
  const he: {
    encode(
      text: string,
      options?: { useNamedReferences?: boolean; decimal?: boolean; encodeEverything?: boolean },
    ): string;
    escape(text: string): string;
  };
  export default he;
}

declare module "html-to-text" {
  export function convert(html: string, options?: { wordwrap?: number | false; preserveNewlines?: boolean }): string;
}

declare module "smartypants" {
  export function smartypants(text: string, attributes?: string): string;
  export function smartypantsu(text: string, attributes?: string): string;
}

declare module "postject" {
  /** Puts a resource into an ELF, Mach-O or PE program, in its place. */
  export function inject(
    path: string,
    resource: string,
    data: Buffer,
    options: { sentinelFuse: string; machoSegmentName: string },
  ): Promise<void>;
}
