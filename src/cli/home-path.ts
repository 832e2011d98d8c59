// A `~` at the beginning of a path. Shells expand it only where it begins a word: not in a config file, not in a variable
// of a service, not in `--output=~/x`, where it would become a folder of that name.

/** Returns the path with the home of this user in the place of a leading `~`. That of another user (`~ann`) stays as it is. */
export function expandHome(path: string, homeDir: string): string {
  return path.replace(/^~(?=$|[/\\])/, () => homeDir);
}
