// Scripts stand in the page as deflated base64, packed by the build (scripts/support/page.mjs): a third of their size.

/**
 * Unpacks the script of an element that no browser runs.
 * @param id - of the element
 * @throws unknown when this browser cannot unpack it, or there is none
 */
export async function unpacked(id: string): Promise<string> {
  const text = document.querySelector(`#${id}`)?.textContent ?? "";
  const packed = Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).text();
}
