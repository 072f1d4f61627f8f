/** Users without a name, for what one does to another on the same machine. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

export const ada = 54_321;
export const stranger = 54_322;

export const isRoot = process.geteuid?.() === 0;

/** Only root can play two users. */
export function needOtherUsers({ skip }: TestContext): void {
  if (!isRoot && process.env['CI'] === undefined) {
    skip('only root can play two users');
  }
}

/** Options of Node with which it runs a program as that user, wherever Node itself is. */
export function asUser(id: number) {
  return {
    words: ['--require', fileURLToPath(new URL('as-user.cjs', import.meta.url))],
    env: { AS_USER: String(id) },
  };
}
