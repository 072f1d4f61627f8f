import { expect, test } from 'vitest';
import { layOutBoard, stepBoard } from '../../../source/ui/board/board-lines.ts';

const board = {
  head: ['head'],
  body: Array.from({ length: 30 }, (_, index) => `row ${index + 1}`),
  foot: ['foot'],
};

function textOf(size: { readonly columns: number; readonly rows: number }, top = 0, of = board): string[] {
  return layOutBoard(of, top, size).lines.map((line) =>
    line.map((piece) => ('text' in piece ? piece.text : '')).join(''),
  );
}

test('the head and the foot stay where the body scrolls', () => {
  expect(textOf({ columns: 60, rows: 8 }, 3)).toEqual([
    'head',
    'row 4',
    'row 5',
    'row 6',
    'row 7',
    'row 8',
    'foot',
    '↑↓ scroll · q quit · rows 4 to 8 of 30',
  ]);
});

test('a body that fits is not scrolled', () => {
  expect(textOf({ columns: 60, rows: 6 }, 9, { ...board, body: ['row 1'] })).toEqual([
    'head',
    'row 1',
    '',
    '',
    'foot',
    'q quit',
  ]);
});

test.each([1, 2, 3, 4, 24])('%i rows are filled, and never more', (rows) => {
  const lines = textOf({ columns: 20, rows });
  expect(lines.length).toBe(Math.max(2, rows));
  expect(lines).toContain('row 1');
});

test('keys scroll, and no further than to the ends', () => {
  const place = { last: 25, visible: 5 };
  expect(stepBoard(0, 'upArrow', place)).toBe(0);
  expect(stepBoard(0, 'downArrow', place)).toBe(1);
  expect(stepBoard(23, 'pageDown', place)).toBe(25);
  expect(stepBoard(23, 'pageUp', place)).toBe(18);
  expect(stepBoard(23, 'home', place)).toBe(0);
  expect(stepBoard(0, 'end', place)).toBe(25);
  // The class became smaller meanwhile.
  expect(stepBoard(40, undefined, place)).toBe(25);
});
