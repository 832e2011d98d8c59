/**
 * Why something is not read as a file: what it is instead (`file`: where a folder should be), `too-large`, `foreign` (it belongs to another user), `open`
 * (others may change it), `moving` (it was exchanged while it was opened).
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
