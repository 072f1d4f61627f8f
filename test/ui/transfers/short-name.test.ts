import { describe, expect, test } from 'vitest';
import { safeText } from '../../../source/text/safe-text.ts';
import { shortName } from '../../../source/ui/transfers/file-wording.ts';
import { widthOf } from '../../../source/ui/text/text-layout.ts';
import { hostileNames } from '../../helpers/strangers/hostile-texts.ts';

test('a name that fits stays as it is', () => {
  expect(shortName('photo of Zoë 日本.jpg', 30)).toBe('photo of Zoë 日本.jpg');
});

test('the middle of a longer name is cut out, because the end tells the kind', () => {
  expect(shortName(`${'holiday '.repeat(20)}.tar.gz`, 24)).toBe('holiday holi…day .tar.gz');
  expect(shortName(`invoice.pdf${' '.repeat(200)}.exe`, 30)).toMatch(/^invoice\.pdf +… +\.exe$/);
});

test.each(['', ' ', '\n\n', '\u3000'])('%j is not a name', (name) => {
  expect(shortName(name, 20)).toBe('(no name)');
});

describe.each([4, 12, 48])('in %d columns', (columns) => {
  test('no name is wider, has a second row, or contains control characters', () => {
    for (const name of [...hostileNames, '../../.ssh/config', 'é'.repeat(150), '\u200B'.repeat(100)]) {
      const shown = shortName(name, columns);
      expect(widthOf(shown)).toBeLessThanOrEqual(Math.max(columns, '(no name)'.length));
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(safeText(shown)).toBe(shown);
      expect(shown).not.toBe('');
    }
  });
});
