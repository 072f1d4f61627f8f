import { homedir } from 'node:os';

/** `~` and `~/…` in the home folder; any other path stays. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, () => homedir());
}

/** As people write it: what lies in the home folder begins with `~`. */
export function abbreviateHome(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
