/** Checks that a screen is whole: it looks the same as if nothing had been drawn before it. */
import { expect } from 'vitest';
import type { Cursor } from './emulator.ts';
import { eventually } from '../eventually.ts';
import type { Terminal } from './terminal.ts';

/**
 * The text without parts that change by themselves: spinners, round trips and
 * their sparkline, durations in seconds.
 */
export function steady(text: string): string {
  return text
    .replaceAll(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '⠋')
    .replaceAll(/[\d.]+ (?:ms|s|min)\b(?: [▁▂▃▄▅▆▇█]+)?/g, 'TIME')
    .replaceAll(/ +/g, ' ');
}

export interface Drawn {
  readonly text: () => string;
  readonly cursor: () => Cursor;
  readonly xterm: Terminal['xterm'];
}

/** Expects one screen: one status row, at the bottom, no wrapped row, and none above the first. */
export function expectOneScreen({ text, xterm }: Drawn, status: RegExp): void {
  const rows = text().split('\n');
  expect(rows.flatMap((row, index) => (status.test(row) ? [index] : []))).toEqual([xterm.rows - 1]);
  const { active } = xterm.buffer;
  expect(rows.filter((_, row) => active.getLine(row)?.isWrapped)).toEqual([]);
  expect(active.baseY).toBe(0);
}

/** Resolves when the program has drawn the whole screen again after `act`. */
export async function redrawn(screen: Terminal, act: () => void): Promise<void> {
  const from = screen.raw().length;
  act();
  // oxlint-disable-next-line no-control-regex -- all is drawn where the terminal was handed back, and a frame ends
  const whole = /\u001B\[\?(?:1049|2004)h[^]*\u001B\[\?2026l/;
  await screen.waitFor(() => whole.test(screen.raw().slice(from)));
  await screen.flush();
}

/** Expects one screen that is the same when it is drawn again on an empty terminal. */
export async function expectFresh(screen: Terminal, status: RegExp): Promise<void> {
  expectOneScreen(screen, status);
  const [text, cursor] = [screen.text(), screen.cursor()];
  await redrawn(screen, () => screen.write('\u000C'));
  expect(steady(screen.text())).toBe(steady(text));
  expect(screen.cursor()).toEqual(cursor);
}

/** Resizes the terminal. Resolves when the program shows one screen of that size. */
export async function resizedWhole(
  screen: Terminal,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  status: RegExp,
): Promise<void> {
  await redrawn(screen, () => screen.resize(columns, rows));
  // The last frame may still be for an earlier size.
  await eventually(() => expectOneScreen(screen, status));
  await expectFresh(screen, status);
}
