/** User ids without an account, for tests about two users of one machine. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

export const ada = 54_321;
export const stranger = 54_322;

export const isRoot = process.geteuid?.() === 0;

/** Skips the test unless it runs as root: only root can run programs as other users. */
export function needOtherUsers({ skip }: TestContext): void {
  if (!isRoot && process.env['CI'] === undefined) {
    skip('only root can play two users');
  }
}

/** The options of Node that run a program as that user. */
export function asUser(id: number) {
  return {
    words: ['--require', fileURLToPath(new URL('as-user.cjs', import.meta.url))],
    env: { AS_USER: String(id) },
  };
}
