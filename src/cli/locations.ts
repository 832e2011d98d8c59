// Where configuration and state are stored: XDG base directories, their Windows counterparts, and our own overrides.
import { posix, win32 } from "node:path";
import type { Io } from "./io.ts";

type Surroundings = Pick<Io, "env" | "platform" | "homeDir">;

/** A base directory from the environment; the XDG specification requires that relative ones be ignored. */
function baseDir({ env, platform, homeDir }: Surroundings, windows: string, xdg: string, fallback: string[]): string {
  const path = platform === "win32" ? win32 : posix;
  const given = env[platform === "win32" ? windows : xdg];
  return given !== undefined && path.isAbsolute(given) ? given : path.join(homeDir, ...fallback);
}

/** Path of the config file, which may not exist: P2P_CONFIG, or the platform's default. */
export function configPath(surroundings: Surroundings): string {
  const named = surroundings.env["P2P_CONFIG"];
  if (named) return named;
  const isWindows = surroundings.platform === "win32";
  const dir = baseDir(surroundings, "APPDATA", "XDG_CONFIG_HOME", isWindows ? ["AppData", "Roaming"] : [".config"]);
  return (isWindows ? win32 : posix).join(dir, "p2p", "config.json");
}

/** The state directory: ids of used offers. The code that writes there creates it, with mode 0700. */
export function stateLocation(surroundings: Surroundings): string {
  const named = surroundings.env["P2P_STATE_DIR"];
  if (named) return named;
  const isWindows = surroundings.platform === "win32";
  const fallback = isWindows ? ["AppData", "Local"] : [".local", "state"];
  const dir = baseDir(surroundings, "LOCALAPPDATA", "XDG_STATE_HOME", fallback);
  return (isWindows ? win32 : posix).join(dir, "p2p");
}
