import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';
import { headOf, separator } from './release/bundled-packages.ts';

/** A longer licence may speak of copyright in lines that belong to its words. */
const SHORT_LICENCE_LENGTH = 2000;

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly author?: unknown;
  readonly repository?: { readonly url?: string };
}

/**
 * The texts of the licences of everything that went into the bundle, beside it: they ask for that. Packages with the same
 * words share a text, because half of the file would repeat one licence.
 */
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
    const groups = Map.groupBy([...folders].map(noticeOf).toSorted(byHead), ({ words }) => words);
    const texts = [...groups].map(([words, notices]) => {
      const heads = notices.map(({ head, holders }) =>
        [head, ...holders.map((line) => `  ${line}`)].join('\n'),
      );
      return `${heads.join('\n')}\n\n${words}\n`;
    });
    this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join(separator) });
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

interface Notice {
  readonly head: string;
  /** The lines that say whose it is. */
  readonly holders: readonly string[];
  readonly words: string;
}

function noticeOf(folder: string): Notice {
  const { name = '', version = '', license = '' } = manifestOf(folder);
  const head = headOf({ name, version, license });
  // Some licences ask that a notice goes along, too.
  const files = readdirSync(folder).filter((entry) => /^(?:licen[cs]e|notice)/i.test(entry));
  const parts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const text = parts.length === 0 ? textBesides(folder) : parts.join('\n\n');
  if (text.length > SHORT_LICENCE_LENGTH) {
    return { head, holders: [], words: text };
  }
  const lines = text.split('\n').map((line) => line.trim());
  return {
    head,
    holders: lines.filter((line) => isHolder(line)),
    // Texts that are wrapped in another way have the same words.
    words: paragraphs(lines.filter((line) => !isHolder(line))),
  };
}

/** Whether a line says whose a package is. */
function isHolder(line: string): boolean {
  return /^(?:copyright|\(c\)|©)\s/i.test(line) && !/copyright (?:notice|holders)/i.test(line);
}

function byHead(one: Notice, other: Notice): number {
  return one.head < other.head ? -1 : 1;
}

/** Each paragraph in one line. */
function paragraphs(lines: readonly string[]): string {
  return lines
    .join('\n')
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' '))
    .join('\n\n');
}

/** For a package that brings no text: whose it is, and the words of its licence, which are those of ours. */
function textBesides(folder: string): string {
  const { name, license, author, repository } = manifestOf(folder);
  const own = readFileSync('license', 'utf8');
  const words = own.slice(own.indexOf('Permission is hereby granted')).trim();
  if (license !== 'MIT' || repository?.url === undefined) {
    throw new Error(`${name} has no text of its licence, and its manifest does not tell enough`);
  }
  const holder = typeof author === 'string' ? `${author} and the contributors to` : 'The contributors to';
  return `MIT License\n\nCopyright ${holder} ${repository.url}\n\n${words}`;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
