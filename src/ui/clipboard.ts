// Copies text to the clipboard of the user's terminal, wherever this process runs: OSC 52. There is no reply that says
// whether the terminal obeys. tmux accepts it with `set-clipboard on` and forwards it with `allow-passthrough on`.

/** xterm and others accept sequences of 100,000 bytes; base64 makes four bytes of three. */
const MAX_BYTES = 74_994;

/**
 * @param isTmux - the terminal is tmux
 * @returns the sequence to write to the terminal; undefined if it is too long for most terminals
 */
export function clipboardSequence(text: string, isTmux: boolean): string | undefined {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > MAX_BYTES) return undefined;
  const sequence = `\u001b]52;c;${bytes.toString("base64")}\u0007`;
  // One copy is for tmux itself, one for the terminal that tmux runs in.
  return isTmux ? `${sequence}\u001bPtmux;${sequence.replaceAll("\u001b", "\u001b\u001b")}\u001b\\` : sequence;
}
