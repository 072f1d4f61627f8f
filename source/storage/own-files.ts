/**
 * The texts that belong to the program: files beside it, or parts of it where it is a single executable. Those have paths
 * below the executable, which no file system has.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** `.config/executable/main.cjs` gives the modules of the program their paths. */
const inside = join(process.execPath, 'dist', sep);

/** Whether the program is a single executable, which Node does not run from files. */
export const isExecutable = process.argv[1]?.startsWith(inside) === true;

/** Throws the error of the file system. */
export function readOwnFile(path: string): string {
  return path.startsWith(inside) ? parts().getAsset(nameOf(path), 'utf8') : readFileSync(path, 'utf8');
}

/** The paths of all files below a folder, as seen from there. Throws the error of the file system. */
export function ownFilesIn(folder: string): string[] {
  if (!folder.startsWith(inside)) {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length));
  }
  const start = nameOf(join(folder, sep));
  return parts()
    .getAssetKeys()
    .filter((name) => name.startsWith(start))
    .map((name) => name.slice(start.length).replaceAll('/', sep));
}

/** Writes the files of a folder into another one, for programs that cannot read those of an executable. */
export function copyOwnFiles(folder: string, into: string): void {
  for (const name of ownFilesIn(folder)) {
    mkdirSync(dirname(join(into, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(into, name), readOwnFile(join(folder, name)), { mode: 0o600 });
  }
}

function nameOf(path: string): string {
  return path.slice(inside.length).replaceAll(sep, '/');
}

/** Loaded only where it is needed, because few starts need it. */
function parts() {
  return process.getBuiltinModule('node:sea');
}
