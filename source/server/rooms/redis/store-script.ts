import { readFileSync } from 'node:fs';

/** In the order of the script: a part knows the functions of those before it. */
export const scriptParts = [
  'basics',
  'numbers',
  'rooms',
  'joining',
  'sessions',
  'sync',
  'processes',
  'requests',
].map((name) => new URL(`./script/${name}.lua`, import.meta.url));

/**
 * The one script that the store runs for each request. It is read when this
 * module is loaded, so that a server keeps its script while a newer version is
 * installed over it.
 */
export const storeScript = scriptParts.map((part) => `\n${readFileSync(part, 'utf8')}`).join('');
