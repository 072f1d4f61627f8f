import { fileURLToPath } from 'node:url';
import { readOwnFile } from '../../../storage/own-files.ts';
import { roomRefusals } from '../room-refusals.ts';

/** The refusals as a table of Lua. A string of JSON is a string of Lua, too, as long as it is ASCII. */
const refusals = Object.entries(roomRefusals).map(([why, facts]) => {
  const fields = Object.entries(facts).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return `  ${why} = {${fields.join(', ')}},\n`;
});

/** In the order of the script, because a part can only use what stands before it. */
const files = ['basics', 'numbers', 'rooms', 'joining', 'sessions', 'sync', 'processes', 'requests'];

export const scriptParts: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'refusals', text: `local refusals = {\n${refusals.join('')}}\n` },
  ...files.map((name) => ({
    name: `${name}.lua`,
    text: readOwnFile(fileURLToPath(new URL(`./script/${name}.lua`, import.meta.url))),
  })),
];

/**
 * The one script that the store runs for each request. It is read when this
 * module is loaded, so that a server keeps its script while a newer version is
 * installed over it.
 */
export const storeScript = scriptParts.map(({ text }) => `\n${text}`).join('');
