/** The pages of the project, which people read on the web: they are short, and their links lead somewhere. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = ['readme.md', ...globSync('source/**/*.md', { cwd: root })];

const MAX_README_BYTES = 10_000;

/** The links of a page to files and headings that are not there. */
function brokenLinks(page: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path = '', heading] = link.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      return !existsSync(file) || (heading !== undefined && !headingsOf(file).includes(heading));
    })
    .map((link) => `${page}: ${link}`);
}

/** As the web calls them. */
function headingsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('every link of every page leads to a file, and to a heading that is there', () => {
  expect(pages.length).toBeGreaterThan(15);
  expect(pages.flatMap((page) => brokenLinks(page, readFileSync(join(root, page), 'utf8')))).toEqual([]);
});

test('a link that leads nowhere is noticed', () => {
  const text =
    '[a](source/readme.md) [b](gone.md) [c](source/readme.md#words) [d](source/readme.md#gone) [e](#gone)';
  expect(brokenLinks('readme.md', text)).toEqual([
    'readme.md: gone.md',
    'readme.md: source/readme.md#gone',
    'readme.md: #gone',
  ]);
});

test('the readme is at most 10 KB', () => {
  expect(readFileSync(join(root, 'readme.md')).length).toBeLessThanOrEqual(MAX_README_BYTES);
});

test('every picture is on a page', () => {
  const text = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');
  const links = [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)];
  const shown = new Set(links.map(([, path = '']) => basename(path)));
  const pictures = globSync('test/screens/*.svg', { cwd: root }).map((path) => basename(path));
  expect(pictures.length).toBeGreaterThan(4);
  expect(pictures.filter((picture) => !shown.has(picture))).toEqual([]);
});
