/**
 * A conversation of two: one side is the built program's screen in a
 * pseudo-terminal, the other a program that reports everything it receives.
 */
import process from 'node:process';
import { expect, onTestFinished } from 'vitest';
import { ctrl } from '../terminal/keys.ts';
import { openRendezvous } from '../servers/local-rendezvous.ts';
import { program, type Punchline, startPunchline } from '../programs/punchline.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../terminal/terminal.ts';

/** The sizes of an ordinary terminal, a large, a small, and the smallest one. */
export const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 40, rows: 12 },
  { columns: 20, rows: 6 },
];

export type Size = (typeof sizes)[number];

/** The other sizes in turn, and then `size` again. */
export function aroundFrom(size: Size): readonly [Size, Size, Size, Size] {
  function after(steps: number): Size {
    return sizes[(sizes.indexOf(size) + steps) % sizes.length] ?? size;
  }
  return [after(1), after(2), after(3), size];
}

export interface Conversation {
  readonly screen: Terminal;
  /** A program with `--json`: each line that is written to it is sent as a message. */
  readonly peer: Punchline;
}

export interface ConversationOptions extends Size, Pick<TerminalOptions, 'env' | 'answers'> {
  /** The peer's name. */
  readonly name?: string;
  /** More arguments for the program with the screen. */
  readonly args?: readonly string[];
  /** JavaScript that runs in the program with the screen before the program itself. */
  readonly preload?: string;
}

/**
 * The round trip is measured only when the connection is made, and not again
 * every 5 s: a wider value would wrap other text on the screen.
 */
const oneRoundTrip = `
  const { setInterval } = globalThis;
  globalThis.setInterval = (act, ms, ...rest) => setInterval(act, ms === 5000 ? 2 ** 31 - 1 : ms, ...rest);`;

/** Opens a connected conversation. It ends with the test. */
export async function openConversation({
  name = 'bob',
  args: own = [],
  env = {},
  preload = '',
  ...size
}: ConversationOptions): Promise<Conversation> {
  const { options } = await openRendezvous();
  const args = ['chat', ...options, '--code', '7123-velvet-orbit'];
  const screen = openTerminal({
    command: process.execPath,
    args: [
      '--import',
      `data:text/javascript,${encodeURIComponent(`${oneRoundTrip};${preload}`)}`,
      program,
      ...args,
      ...own,
    ],
    env: { XDG_CONFIG_HOME: '/nonexistent', ...env },
    ...size,
  });
  onTestFinished(screen.close);
  const peer = startPunchline([...args, '--json', '--name', name]);
  await peer.waitFor('connected');
  await screen.waitFor('● lan');
  return { screen, peer };
}

/** The visible part of the draft, with its rows joined; the placeholder without the hint behind it. */
export function draftOf(text: string): string {
  const rows = text.split('\n');
  const first = rows.findLastIndex((row) => /^[›↑] /.test(row));
  return rows
    .slice(first, -1)
    .map((row) => row.slice(2).replace(/ {2,}Enter sends · F1 keys ?$/, ''))
    .join('');
}

/** The text in the cursor's row, up to the cursor. */
export function beforeCursor({ xterm, cursor }: Terminal): string {
  const { x, y } = cursor();
  const { active } = xterm.buffer;
  return active.getLine(active.baseY + y)?.translateToString(false, 0, x) ?? '';
}

/** Writes keys, and waits until the draft, and the text before the cursor, are as expected. */
export async function edit(screen: Terminal, keys: string, draft: string, before = draft): Promise<void> {
  screen.write(keys);
  await screen.waitFor(
    (text) => draftOf(text) === draft.trimEnd() && beforeCursor(screen).slice(2) === before,
  );
}

/** Resolves when the whole screen was drawn again after `act`. */
export async function redrawn(screen: Terminal, act: () => void): Promise<void> {
  const from = screen.raw().length;
  act();
  // oxlint-disable-next-line no-control-regex -- to the alternate screen, and to the end of the frame
  await screen.waitFor(() => /\u001B\[\?1049h[^]*\u001B\[\?2026l/.test(screen.raw().slice(from)));
  await screen.flush();
}

/** Resizes the terminal, and resolves when the program has drawn the screen at that size. */
export async function resized(screen: Terminal, { columns, rows }: Size): Promise<void> {
  await redrawn(screen, () => screen.resize(columns, rows));
  await expectWhole(screen);
}

/**
 * Expects one screen of the terminal's size: one status row at the bottom, no
 * wrapped row, nothing above the first row, and the cursor in the draft. Drawn
 * again on an empty terminal it must be the same.
 */
export async function expectWhole(screen: Terminal): Promise<void> {
  const { xterm } = screen;
  const { active } = xterm.buffer;
  const text = screen.text();
  const rows = text.split('\n');
  expect(rows.flatMap((row, index) => (row.startsWith(' ● lan') ? [index] : []))).toEqual([xterm.rows - 1]);
  expect(rows.filter((_, row) => active.getLine(row)?.isWrapped)).toEqual([]);
  expect(active.baseY).toBe(0);
  const cursor = screen.cursor();
  expect(cursor.isVisible).toBe(true);
  expect(beforeCursor(screen)).toMatch(/^[›↑↓ ] /);
  await redrawn(screen, () => screen.write(ctrl('l')));
  expect(screen.text()).toBe(text);
  expect(screen.cursor()).toEqual(cursor);
}
