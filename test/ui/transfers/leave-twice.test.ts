import { expect, test } from 'vitest';
import type { FileEvent } from '../../../source/events.ts';
import { askToLeave } from '../../../source/ui/transfers/leave-twice.ts';
import type { Transfer } from '../../../source/ui/transfers/transfers.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';

function of(...files: readonly FileEvent[]): Transfer[] {
  return files.map((file) => ({ file, samples: [] }));
}
const one = of(accepted(photo));
const two = of(accepted(photo), progress(album, 5));

test('a user may leave at once when no file is under way', () => {
  const ended = { ...photo, state: 'done' } as const;
  expect(askToLeave([], '').warning).toBeUndefined();
  expect(askToLeave(of(photo, ended), '').warning).toBeUndefined();
});

test('a user is warned of files under way, and may leave the second time', () => {
  const first = askToLeave(two, '');
  expect(first.warning).toBe('2 files are still under way: leave again to cancel them.');
  expect(askToLeave(two, first.underWay).warning).toBeUndefined();
});

test('a file that has begun since the warning, or has ended, makes another warning', () => {
  expect(askToLeave(two, askToLeave(one, '').underWay).warning).toContain('2 files are');
  expect(askToLeave(one, askToLeave(two, '').underWay).warning).toBe(
    '1 file is still under way: leave again to cancel it.',
  );
});

test('a user may leave when all files have ended since the warning', () => {
  expect(askToLeave([], askToLeave(one, '').underWay)).toEqual({ underWay: '', warning: undefined });
});
