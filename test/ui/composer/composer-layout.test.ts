// This import must come first: modules that are loaded before it are not counted.
import { workOf } from '../../helpers/steps/counted-work.ts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyComposer } from '../../../source/ui/composer/composer-state.ts';
import { layOutComposer } from '../../../source/ui/composer/composer-layout.ts';
import { graphemesOf } from '../../../source/ui/text/graphemes.ts';
import { lineWidth } from '../../../source/ui/text/line.ts';

const room = { columns: 20, maxRows: 4, placeholder: '', hint: '' };

function layOut(text: string, cursor = text.length): { rows: string[]; cursor: unknown } {
  const { lines, cursor: place } = layOutComposer({ ...emptyComposer, text, cursor }, room);
  const rows = lines.map((line) => line.map((piece) => ('text' in piece ? piece.text : '')).join(''));
  return { rows, cursor: place };
}

test('the draft is broken at full rows and at newlines', () => {
  expect(layOut('one two three four five\n\nsix')).toEqual({
    rows: ['› one two three fou', '  r five', '  ', '  six'],
    cursor: { x: 5, y: 3 },
  });
  expect(layOut('one\n')).toEqual({ rows: ['› one', '  '], cursor: { x: 2, y: 1 } });
});

test('a refused line that typing replaces is shown inverse', () => {
  const { lines } = layOutComposer({ ...emptyComposer, text: '/sned a', isSelected: true }, room);
  expect(lines[0]?.at(-1)).toEqual({ text: '/sned a', style: 'found' });
});

test('a long draft is shown around the cursor, with arrows if there is more', () => {
  const lines = Array.from({ length: 10 }, (_, n) => `line ${n}`).join('\n');
  expect(layOut(lines).rows).toEqual(['↑ line 6', '  line 7', '  line 8', '  line 9']);
  expect(layOut(lines, 0).rows).toEqual(['› line 0', '  line 1', '  line 2', '↓ line 3']);
  expect(layOut(lines, 7 * 5 + 2)).toMatchObject({
    rows: ['↑ line 2', '  line 3', '  line 4', '↓ line 5'],
    cursor: { x: 4, y: 3 },
  });
});

test.each([2047, 2048, 2049, 4096, 5000])('a line of %i characters is shown completely', (length) => {
  const text = Array.from({ length }, (_, n) => String(n % 10)).join('');
  const { rows } = layOut(`before\n${text}\nafter`, 7 + length);
  expect(rows.slice(0, 4).at(-1)).toMatch(new RegExp(`${(length - 1) % 10}$`));
  expect(rows.join('').replaceAll(/[ ↑↓]/g, '')).toMatch(/^\d+$/);
});

test('for any draft, the rows fit and contain the cursor', () => {
  const text = fc
    .array(
      fc.constantFrom('a', ' ', '\n', '日', '👩‍👩‍👧‍👦', 'e\u0301', '\u001B', '\u202E', 'x'.repeat(2047), '🇩🇪'),
      {
        maxLength: 30,
      },
    )
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, fc.nat(), (draft, place) => {
      const clusters = graphemesOf(draft);
      const cursor = clusters.slice(0, place % (clusters.length + 1)).join('').length;
      const { lines, cursor: shown } = layOutComposer({ ...emptyComposer, text: draft, cursor }, room);
      expect(lines.length).toBeLessThanOrEqual(room.maxRows);
      expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(room.columns);
      expect(shown?.y).toBeLessThan(lines.length);
      expect(shown?.x).toBeLessThan(room.columns);
    }),
  );
});

/** The number of executed blocks for a key at the end of a draft of this length. */
function blocksOfKey(length: number): number {
  const text = 'é'.repeat(length);
  layOut(text);
  return workOf(() => layOut(`${text}x`)).blocks;
}

test('a key takes about as many steps at the end of 64 KiB as in a short draft', () => {
  // Laying out the whole draft would take 30 times as many. Only the pieces in view are laid out, at most two.
  expect(blocksOfKey(65_000)).toBeLessThan(8 * blocksOfKey(2048));
});
