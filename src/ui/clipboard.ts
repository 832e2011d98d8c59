// Text for the clipboard of the terminal that a person sits at, wherever this process runs: OSC 52. Nobody tells whether
// the terminal obeys. tmux takes it with `set-clipboard on` and hands it through with `allow-passthrough on`.

/** xterm and others take sequences of 100,000 bytes; base64 makes four of three. */
const MAX_BYTES = 74_994;

/**
 * @param isTmux - the terminal is tmux
 * @returns what to write to the terminal; undefined: it is too long for most of them
 */
export function clipboardSequence(text: string, isTmux: boolean): string | undefined {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > MAX_BYTES) return undefined;
  const sequence = `\u001b]52;c;${bytes.toString("base64")}\u0007`;
  // For tmux itself, and for the terminal that tmux runs in.
  return isTmux ? `${sequence}\u001bPtmux;${sequence.replaceAll("\u001b", "\u001b\u001b")}\u001b\\` : sequence;
}
