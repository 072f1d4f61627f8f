import { expect, test } from 'vitest';
import { quickTests } from '../.config/test-tiers.ts';

const { shared, alone, processes } = quickTests();
const quick = [...shared, ...alone, ...processes];

test.each([
  ['starts a program itself', 'test/house.test.ts'],
  ['starts one by a helper', 'test/cli/commands/pipe-cut.test.ts'],
  ['opens a pseudo-terminal', 'test/ui/screen/resizing.test.ts'],
  ['makes networks', 'test/lab/filtering.test.ts'],
  ['is long', 'test/long/matrix.test.ts'],
])('a test that %s is not quick', (_, file) => {
  expect(quick).not.toContain(file);
});

test('a test of pure code, and one with sockets of its own, are quick', () => {
  expect(quick).toEqual(
    expect.arrayContaining(['test/text/safe-text.test.ts', 'test/server/rendezvous.test.ts']),
  );
});

test('a test that counts steps has a worker of its own', () => {
  expect(alone).toContain('test/ui/conversation/layout-cache.test.ts');
  expect(shared).not.toContain('test/ui/conversation/layout-cache.test.ts');
});

test('a test that sets the home folder has a process of its own', () => {
  expect(processes).toContain('test/ui/path/save-path.test.ts');
  expect(shared).not.toContain('test/ui/path/save-path.test.ts');
});
