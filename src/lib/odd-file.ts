/**
 * The reason why something is not read as a file: its actual kind (`file`: where a folder is expected), `too-large`,
 * `foreign` (it belongs to another user), `open` (others may change it), `moving` (it was replaced while it was being
 * opened).
 */
export type OddFile =
  | "link"
  | "file"
  | "folder"
  | "pipe"
  | "socket"
  | "device"
  | "too-large"
  | "foreign"
  | "open"
  | "moving";
