// Where this user's home is.
import { homedir } from "node:os";
import { parse } from "node:path";

/**
 * @param home - tests pass their own
 * @returns the home of this user; the root of the disk where the system knows no user and the environment no HOME, as in
 *   a bare container
 */
export function homeFolder(home: () => string = homedir): string {
  try {
    return home();
  } catch {
    return parse(process.cwd()).root;
  }
}
