/** The built program in a pseudo-terminal whose size changes at every stage of a chat. */
import process from 'node:process';
import { expect, test } from 'vitest';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';

const sizes = [
  [20, 6],
  [120, 40],
  [40, 12],
  [80, 24],
  [20, 6],
  [40, 12],
  [120, 40],
  [80, 24],
] as const;

function punchline(...args: readonly string[]): Terminal {
  return openTerminal({ command: process.execPath, args: [program, ...args] });
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Waits for one whole screen. Remains of an older frame would show a second one, or rows beyond the last. */
async function untilOneScreen({ waitFor, xterm }: Terminal): Promise<void> {
  await waitFor((text) => {
    const { active } = xterm.buffer;
    const rows = Array.from({ length: xterm.rows }, (_, row) => active.getLine(row));
    return (
      countOf(text, /^[›↑] /gm) === 1 &&
      countOf(text, /[●○] (?:lan|not)/g) === 1 &&
      countOf(text, /^─+$/gm) === (xterm.rows < 9 ? 0 : 1) &&
      rows.every((row) => row?.isWrapped === false) &&
      active.baseY === 0
    );
  });
}

function lastRow(screen: string): string {
  return screen.split('\n').at(-1) ?? '';
}

test('a chat that is resized while it waits, connects, talks and is typed in shows one screen', async () => {
  const { options } = await openRendezvous();
  await using anna = punchline('chat', ...options, '--name', 'anna');
  const waiting = await anna.waitFor(/punchline chat \d\S+/);
  const [, invite = ''] = /punchline chat (\d\S+)/.exec(waiting) ?? [];
  for (const [columns, rows] of sizes) {
    anna.resize(columns, rows);
    await anna.waitFor((text) => lastRow(text).startsWith(' ○ not connected'));
    await anna.waitFor((text) => text.replaceAll(/\s/g, '').includes(`punchlinechat${invite}`));
    await untilOneScreen(anna);
  }
  await using bob = punchline('chat', invite, '--name', 'bob');
  await anna.waitFor('● lan');
  for (const [index, [columns, rows]] of sizes.entries()) {
    anna.resize(columns, rows);
    const [bobsColumns, bobsRows] = sizes[index + 1] ?? sizes[0];
    bob.resize(bobsColumns, bobsRows);
    anna.write(`draft ${index} `);
    bob.write(`said ${index}!\r`);
    await anna.waitFor((text) => text.includes(`said ${index}!`) && lastRow(text).startsWith(' ● lan'));
    await anna.waitFor((text) => text.replaceAll(/\s/g, '').includes(`draft${index}`));
    await untilOneScreen(anna);
    await bob.waitFor(
      (text) => new RegExp(`✓ .*said ${index}!`).test(text) && lastRow(text).startsWith(' ● lan'),
    );
    await untilOneScreen(bob);
  }
  expect([anna.buffer(), bob.buffer()]).toEqual(['alternate', 'alternate']);
});

test('a burst of sizes ends in the last one', async () => {
  const { options } = await openRendezvous();
  await using anna = punchline('chat', ...options);
  await anna.waitFor(/This side +127/);
  for (let round = 0; round < 5; round++) {
    for (const [columns, rows] of sizes) {
      anna.resize(columns, rows);
    }
  }
  anna.write('still here');
  await anna.waitFor((text) => text.includes('› still here') && lastRow(text).startsWith(' ○ not connected'));
  await untilOneScreen(anna);
  expect(anna.buffer()).toBe('alternate');
});
