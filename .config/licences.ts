import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';

/** The texts of the licences of everything that went into the bundle, beside it: they ask for that. */
export const licences: Plugin = {
  name: 'licences',
  generateBundle(_options, bundle) {
    const folders = new Set<string>();
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') {
        continue;
      }
      for (const id of Object.keys(chunk.modules)) {
        const folder = packageOf(id);
        if (folder !== undefined) {
          folders.add(folder);
        }
      }
    }
    const texts = [...folders].map(textOf).toSorted();
    this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join(`\n${'-'.repeat(80)}\n\n`) });
  },
};

function packageOf(id: string): string | undefined {
  if (!id.includes('node_modules')) {
    return undefined;
  }
  let folder = dirname(id);
  // Folders of a package may hold a package.json that only says "module".
  while (!existsSync(join(folder, 'package.json')) || !('name' in manifestOf(folder))) {
    folder = dirname(folder);
  }
  return folder;
}

function textOf(folder: string): string {
  const { name, version, license } = manifestOf(folder);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  // A package without a text is named with what its manifest says.
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

function manifestOf(folder: string): { name?: string; version?: string; license?: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string };
}
