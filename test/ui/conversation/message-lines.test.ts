import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MessageEntry } from '../../../source/ui/conversation/entries/entries.ts';
import { type Line, lineWidth, styled } from '../../../source/ui/text/line.ts';
import { messageLines } from '../../../source/ui/conversation/message-lines.ts';
import { shapes } from '../../helpers/steps/peer-text-sinks.ts';

const lead: Line = [styled('peer', 'anna: ')];

function message(text: string): MessageEntry {
  return {
    kind: 'message',
    key: 3,
    at: 0,
    from: 'peer',
    name: 'anna',
    id: '1',
    text,
    delivered: false,
    isFirst: true,
  };
}

function lines(text: string, columns = 40): readonly Line[] {
  return messageLines(lead, message(text), columns);
}

function texts(text: string, columns?: number): string[] {
  return lines(text, columns).map((line) =>
    line.map((piece) => ('text' in piece ? piece.text : '*')).join(''),
  );
}

function linked(text: string, columns?: number): (readonly [string, string, string])[] {
  return lines(text, columns).flatMap((line) =>
    line.flatMap((piece) =>
      'text' in piece && piece.link !== undefined
        ? [[piece.text, piece.link.href, piece.link.id] as const]
        : [],
    ),
  );
}

test('an address becomes a link, and the sentence around it does not', () => {
  expect(linked('see https://example.org/a.')).toEqual([
    ['https://example.org/a', 'https://example.org/a', '3-0'],
  ]);
});

test('below a wide lead, the text gets most of the row', () => {
  const long = [styled('peer', 'Grace Hopper, the admiral: ')];
  function rows(text: string): string[] {
    return messageLines(long, message(text), 40).map((line) =>
      line.map((piece) => ('text' in piece ? piece.text : '*')).join(''),
    );
  }
  expect(rows('it is easier to ask forgiveness than it is to get permission')).toEqual([
    'Grace Hopper, the admiral: it is easier',
    '        to ask forgiveness than it is to',
    '        get permission',
  ]);
  // The link is whole, in a row of its own or among other words.
  const address = 'https://example.org/forgiveness';
  expect(rows(address)).toEqual(['Grace Hopper, the admiral: ', address]);
  expect(rows(`look: ${address}`)).toEqual(['Grace Hopper, the admiral: look:', `        ${address}`]);
  expect(rows('one\ntwo')).toEqual(['Grace Hopper, the admiral: one', '        two']);
});

test('an address that fits into a row is not broken', () => {
  const address = `https://example.org/${'a'.repeat(18)}`;
  expect(texts(`look at ${address} now`)).toEqual(['anna: look at', address, '      now']);
  expect(texts(address)).toEqual(['anna: ', address]);
});

test('an address that fits into no row is one link over several rows', () => {
  const address = `https://example.org/${'a'.repeat(50)}`;
  expect(texts(address)).toEqual(['anna: ', address.slice(0, 40), address.slice(40)]);
  expect(linked(address)).toEqual([
    [address.slice(0, 40), address, '3-0'],
    [address.slice(40), address, '3-0'],
  ]);
});

test('a link that could be taken for another one tells its target', () => {
  expect(texts('https://bank.example@evil.test/', 80)).toEqual([
    'anna: https://bank.example@evil.test/ (leads to evil.test)',
  ]);
});

test('a text begins in the second row if its first character does not fit after the name', () => {
  const rows = messageLines([styled('peer', 'xxxxxxxxxx:')], message('😀a'), 12);
  expect(rows.map((row) => row.map((piece) => ('text' in piece ? piece.text : '*')).join(''))).toEqual([
    'xxxxxxxxxx:',
    '  😀a',
  ]);
});

test('no text is lost or wider than the pane, with and without links', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[a-z日😀]{1,30}$/u),
    fc.constantFrom('https://example.org/', `https://e.test/${'x'.repeat(90)}`, '\n', '(http://a.b)'),
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 12 }),
      fc.integer({ min: 12, max: 90 }),
      fc.integer({ min: 0, max: 10 }),
      (words, columns, length) => {
        const text = words.join(' ');
        const name = 'x'.repeat(length);
        const rows = messageLines([styled('peer', `${name}:`)], message(text), columns);
        const shown = rows.flatMap((row) => row.map((piece) => ('text' in piece ? piece.text : '*')));
        expect(shown.join('').replaceAll(/\s/g, '')).toBe(`${name}:${text.replaceAll(/\s/g, '')}`);
        expect(Math.max(...rows.map(lineWidth))).toBeLessThanOrEqual(columns);
      },
    ),
  );
});

test('matches are highlighted, in the text and in links', () => {
  const [line] = messageLines(lead, message('a Cat at https://cat.example/'), 60, 'cat');
  const found = line?.filter((piece) => 'text' in piece && piece.style === 'found');
  expect(found).toEqual([
    { text: 'Cat', style: 'found' },
    { text: 'cat', style: 'found', link: { href: 'https://cat.example/', id: '3-0' } },
  ]);
  expect(lineWidth(line ?? [])).toBe('anna: a Cat at https://cat.example/'.length);
});

test('an address that is too long for a terminal is not a link, and tells its target', () => {
  const long = `http://bank.example@evil.test/${'a'.repeat(2083)}`;
  expect(linked(long)).toEqual([]);
  expect(texts(long).join('')).toContain('(leads to evil.test)');
});

test.each([...shapes])(
  'no row is wider than the pane, or longer than visible text can be: %j',
  (_, shape) => {
    for (const columns of [80, 20]) {
      const rows = lines(shape(4096), columns);
      // An emoji of a family of four has 19 UTF-16 units in two columns.
      const shown = rows.map((row) => row.map((piece) => ('text' in piece ? piece.text : '*')).join(''));
      expect(Math.max(...rows.map(lineWidth))).toBeLessThanOrEqual(columns);
      expect(Math.max(...shown.map((row) => row.length))).toBeLessThanOrEqual(20 * columns);
      expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(columns + 2);
    }
  },
);

const code = ['see:', '```ts', 'function f(x) {', '  return  x * 2;   ', '', '}', '```', 'ok?'].join('\n');

test('code has a bar beside it, and is exact', () => {
  expect(texts(code)).toEqual([
    'anna: see:',
    '      ts:',
    '      ╎ function f(x) {',
    '      ╎   return  x * 2;   ',
    '      ╎ ',
    '      ╎ }',
    '      ok?',
  ]);
  expect(texts('```\nx\n```\n```\ny')).toEqual(['anna: ╎ x', '      ╎ y']);
});

test('a long line of code goes on in the next row, with another bar and nothing lost', () => {
  const line = '  if (a && b) { veryLong(call);  other();   }';
  const rows = texts(`\`\`\`\n${line}\n\`\`\``, 31);
  expect(rows).toEqual(['anna: ╎   if (a && b) { veryLon', '      ╎›g(call);  other();   }']);
  expect(rows.map((row) => row.slice(8)).join('')).toBe(line);
});

test('code may be wider than other text', () => {
  const line = 'x'.repeat(150);
  expect(texts(`\`\`\`\n${line}`, 200)).toEqual([`anna: ╎ ${line}`]);
});

test.each([
  ['a fence alone', '```', ['anna: ```']],
  ['a fence at the end', 'x\n```', ['anna: x', '      ```']],
  ['words behind a fence', '```rm it now\nx\n```', ['anna: ```rm it now', '      x', '      ```']],
  ['backticks in a line', 'a ```b``` c', ['anna: a ```b``` c']],
  ['code without lines', '```\n```', ['anna: ╎ ']],
])('%s hides no word', (_, text, rows) => {
  expect(texts(text)).toEqual(rows);
});

test('a link in code stays text, and one that could be taken for another is named below', () => {
  const text = '```\nhttp://bank.example@evil.test/\n```\nhttps://example.org/';
  expect(texts(text)).toEqual([
    'anna: ╎ http://bank.example@evil.test/',
    '      (leads to evil.test)',
    '      https://example.org/',
  ]);
  expect(linked(text)).toEqual([['https://example.org/', 'https://example.org/', '3-0']]);
});

test('the line ends behind a pasted text are no rows', () => {
  expect(texts('one\ntwo\n')).toEqual(['anna: one', '      two']);
  expect(texts('one\r\n\r\n')).toEqual(['anna: one']);
  expect(texts('\n')).toEqual(['anna: ']);
});

test('every row of code fits, whatever it is made of', () => {
  const text = fc.array(fc.stringMatching(/^[a-z 日😀]{0,50}$/u), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(text, fc.integer({ min: 12, max: 90 }), (written, columns) => {
      const rows = messageLines(lead, message(`\`\`\`\n${written.join('\n')}\n\`\`\``), columns);
      expect(Math.max(...rows.map(lineWidth))).toBeLessThanOrEqual(columns);
      const shown = rows.map((row) =>
        row
          .slice(1)
          .map((piece) => ('text' in piece ? piece.text : ''))
          .join(''),
      );
      expect(shown.map((row) => row.slice(2)).join('')).toBe(written.join(''));
    }),
  );
});
