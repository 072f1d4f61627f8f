import { createInterface } from 'node:readline';
import { formatJsonLine } from '../../../text/json-line.ts';
import { labTryOptions } from '../../options/lab-options.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import type { PunchlineEvent } from '../../../events.ts';
import { createLab, type Lab } from '../../../lab/lab.ts';
import { startMeeting, startRendezvous, type Meeting } from '../../../lab/matrix/meeting.ts';
import type { Line, Program } from '../../../lab/program.ts';
import { hasTmux, showInTmux } from '../../../lab/tmux.ts';
import { requireWires } from '../../../lab/tools.ts';
import { readTry } from '../../../lab/matrix/try.ts';
import { createPlainPrinter } from '../../../ui/lines/plain.ts';
import { failureLines } from '../../../text/failure-lines.ts';

export interface LabTryArguments extends Typed<typeof labTryOptions> {
  readonly sites: readonly string[];
}

const DEFAULT_DELAY_MS = 20;

/** Without a terminal, each side sends so many greetings, and then both leave. */
const GREETINGS = 3;
const greeting = 'Hello, world';
const GREETING_MS = 1000;

/**
 * `punchline lab try`: makes a lab with a rendezvous and two chats, in panes of
 * tmux or as lines. On a terminal it lasts until a person leaves; elsewhere both
 * sides greet and leave. Resolves with the higher exit code of the chats.
 */
export async function runLabTry(args: LabTryArguments): Promise<number> {
  const { attempts, delay = possibleDelayMs(), json, plain } = readOptions(labTryOptions, args);
  const { description, hosts, titles } = readTry(args.sites, delay);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const lab = await createLab(description);
  try {
    if (json !== true && plain !== true && isTerminal) {
      if (hasTmux()) {
        return await showInTmux(lab, { hosts, titles, attempts });
      }
      process.stderr.write(
        failureLines({ message: 'lines instead of panes, because tmux is not installed' }),
      );
    }
    const isWatched = json !== true && isTerminal;
    return await printMeeting(lab, hosts, { attempts, json: json === true, isWatched });
  } finally {
    await lab.close();
  }
}

/** The delay if none was asked for: 0 on a machine that cannot delay packets. */
function possibleDelayMs(): number {
  try {
    requireWires();
    return DEFAULT_DELAY_MS;
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    process.stderr.write(failureLines({ message: `without delays: ${why}` }));
    return 0;
  }
}

function write(text: string) {
  return process.stdout.write(text);
}

async function printMeeting(
  lab: Lab,
  hosts: readonly [string, string],
  {
    attempts,
    json,
    isWatched,
  }: { readonly attempts: number; readonly json: boolean; readonly isWatched: boolean },
): Promise<number> {
  // The reader of our output is gone.
  process.stdout.once('error', () => void lab.close());
  const width = Math.max(...hosts.map((host) => host.length));
  await startRendezvous(lab);
  const meeting = await startMeeting(lab, {
    hosts,
    attempts,
    started: (program, host) => {
      const print = createPlainPrinter(write, { prefix: `${host.padEnd(width)} | ` });
      program.subscribe((line) => {
        if (json) {
          write(formatJsonLine({ ...line, host }));
        } else {
          print(line as Line & PunchlineEvent);
        }
      });
    },
  });
  const { first, second } = meeting;
  const met = await Promise.all([first, second].map((program) => program.line('connected')));
  if (isWatched && !met.includes(undefined)) {
    passLines(meeting, hosts);
  } else {
    await greet(meeting, !met.includes(undefined));
  }
  const exits = await Promise.all([first.exited, second.exited]);
  if (isWatched) {
    // Both have ended, but a person may still type.
    process.stdin.destroy();
  }
  return Math.max(...exits.map(({ code }) => code ?? 1));
}

/** Sends what a person types, from the first host, or from the one that is named. The end of the input ends both. */
function passLines({ first, second }: Meeting, [one, other]: readonly [string, string]): void {
  write(`Type a line: it goes from ${one}. "${other}: hello" goes from ${other}. Ctrl-D ends both.\n`);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    const text = name === one || name === other ? line.slice(colon + 1).trimStart() : line;
    (name === other ? second : first).type(text);
  });
  lines.on('close', () => {
    first.endInput();
    second.endInput();
  });
}

/** Sends the greetings of both sides, and ends both when all have arrived. Resolves early if one side has ended. */
async function greet({ first, second }: Meeting, haveMet: boolean): Promise<void> {
  const both = [first, second];
  if (haveMet) {
    for (let count = 1; count <= GREETINGS; count += 1) {
      for (const program of both) {
        program.type(greeting);
      }
      await Promise.all(both.map((program) => heard(program, count)));
      if (count < GREETINGS) {
        await new Promise((resolve) => setTimeout(resolve, GREETING_MS));
      }
    }
  }
  for (const program of both) {
    program.endInput();
  }
}

/** Resolves when a program has heard so many messages, or has ended. */
async function heard(program: Program, count: number): Promise<void> {
  await program.line('message', () => program.lines.filter(isFromPeer).length >= count);
}

function isFromPeer({ event, from }: Line): boolean {
  return event === 'message' && from === 'peer';
}
