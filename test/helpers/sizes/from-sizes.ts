/** Tests of the screen that go through all sizes of a terminal, each beginning at one of them. */
import { describe, expect, test } from 'vitest';
import { type Size, sizes } from '../chats/conversation.ts';

/** What each test does, by its name. */
export type TestsOfSizes = Readonly<Record<string, (size: Size) => Promise<void>>>;

function nameOf({ columns, rows }: Size): string {
  return `from ${columns} columns and ${rows} rows`;
}

/** Each test begins at one size, and goes through the others from there. The sizes take turns. */
export function testFromOneSize(tests: TestsOfSizes, from: readonly Size[] = sizes): void {
  for (const [index, [title, run]] of Object.entries(tests).entries()) {
    const size = from[index % from.length]!;
    test(`${nameOf(size)}: ${title}`, async () => {
      expect.hasAssertions();
      await run(size);
    });
  }
}

/** Each test begins at each size. */
export function testFromEverySize(tests: TestsOfSizes, from: readonly Size[] = sizes): void {
  describe.each(from.map((size) => [nameOf(size), size] as const))('%s', (_, size) => {
    test.each(Object.entries(tests))('%s', async (__, run) => {
      expect.hasAssertions();
      await run(size);
    });
  });
}
