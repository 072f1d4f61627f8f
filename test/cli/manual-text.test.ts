import { expect, test } from 'vitest';
import { manualText } from '../../source/cli/manual-text.ts';

function text(markdown: string, { columns = 40, isStyled = false } = {}): string {
  return manualText(markdown, { columns, isStyled });
}

test('headings are bold only where that is wanted', () => {
  expect(text('# The *title*\n\ntext')).toBe('The title\n\ntext\n');
  expect(text('# The *title*', { isStyled: true })).toBe('\u001B[1mThe title\u001B[22m\n');
});

test('paragraphs are wrapped, at 100 columns at most', () => {
  expect(text('one two\nthree', { columns: 8 })).toBe('one two\nthree\n');
  const lines = text('word '.repeat(60), { columns: 200 }).trimEnd().split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBe(99);
});

test.each([
  ['[files](files.md)', 'files (punchline help files)'],
  ['[above](json.md#exit-codes)', 'above (punchline help json)'],
  ['[limits](../../server/readme.md)', 'limits'],
  ['[below](#keys)', 'below'],
  ['[RFC](https://example.org/rfc)', 'RFC <https://example.org/rfc>'],
  ['<https://example.org>', 'https://example.org'],
  ['![a picture](picture.svg)\n\ntext', 'text'],
  ['`a < b` & _c_ **d**', 'a < b & c d'],
])('%s is shown as %s', (markdown, shown) => {
  expect(text(markdown)).toBe(`${shown}\n`);
});

test('code keeps its lines, indented', () => {
  const long = 'x'.repeat(50);
  expect(text(`\`\`\`sh\n${long}\n  y\n\`\`\``)).toBe(`    ${long}\n      y\n`);
});

test('lists hang behind their marks', () => {
  expect(text('- one two\n- three', { columns: 6 })).toBe('- one\n  two\n- thre\n  e\n');
  expect(text('3. a\n4. b')).toBe('3. a\n4. b\n');
});

test('a table of two columns puts the meaning beside a short term, and below a long one', () => {
  const rows = `| term | meaning |\n| --- | --- |\n| \`-a\` | one two three four five six seven |\n| ${'t'.repeat(32)} | eight |\n`;
  expect(text(rows, { columns: 64 })).toBe(
    [
      'term · meaning',
      `  ${'-a'.padEnd(32)}one two three four five six`,
      `  ${' '.repeat(32)}seven`,
      `  ${'t'.repeat(32)}`,
      `  ${' '.repeat(32)}eight`,
      '',
    ].join('\n'),
  );
});

test('on a narrow terminal, every meaning of a table stands below its term', () => {
  const rows = `| term | meaning |\n| --- | --- |\n| \`-a\` | one two three four five six seven |\n| ${'t'.repeat(30)} | eight |\n`;
  expect(text(rows, { columns: 40 })).toBe(
    [
      'term · meaning',
      '  -a  one two three four five six seven',
      `  ${'t'.repeat(30)}`,
      '      eight',
      '',
    ].join('\n'),
  );
});

test('a wider table is a grid if it fits, and else joins all cells but the first', () => {
  const rows = '| a | b | c |\n| - | - | - |\n| one | two | x |\n| o | something | |\n';
  expect(text(rows)).toBe('a · b · c\n  one  two        x\n  o    something\n');
  expect(text(rows, { columns: 18 })).toBe('a · b · c\n  one  two · x\n  o    something\n');
});

test('the heading of a table is wrapped, too', () => {
  expect(text('| one two | three four |\n| - | - |\n| a | b |\n', { columns: 12 })).toBe(
    'one two ·\nthree four\n  a  b\n',
  );
});

test('the summary of a folded part is a heading', () => {
  expect(text('<details>\n<summary>More</summary>\n\ntext\n\n</details>')).toBe('More\n\ntext\n');
});
