import { homeFolder } from '../storage/home-folder.ts';

/** `~` and `~/…` in the home folder, where there is one; any other path stays. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, () => homeFolder() ?? '~');
}

/** As people write it: what lies in the home folder begins with `~`. */
export function abbreviateHome(path: string): string {
  const home = homeFolder();
  return home !== undefined && (path === home || path.startsWith(`${home}/`))
    ? `~${path.slice(home.length)}`
    : path;
}
