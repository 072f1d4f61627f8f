import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { openTalkOnScreen } from './talk-on-screen.ts';

const SECONDS = 30;
/** The work that follows the connection (drawing, collecting garbage) is over after this time. */
const SETTLE_MS = 3000;
/** Clock ticks per second, on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS = 100;

/** The CPU time of a chat in which nothing happens, in percent of one core. */
export async function idle(): Promise<Figure[]> {
  await using talk = await openTalkOnScreen();
  await setTimeout(SETTLE_MS);
  const before = cpuSeconds(talk.terminal.pid);
  await setTimeout(SECONDS * 1000);
  const percent = ((cpuSeconds(talk.terminal.pid) - before) / SECONDS) * 100;
  return [{ name: `idle: CPU of a chat over ${SECONDS} s, percent`, value: percent, atMost: 0.5 }];
}

/**
 * The user and system time so far, in seconds (proc(5), fields 14 and 15; the
 * name before them may contain spaces).
 */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
