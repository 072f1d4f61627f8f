import { createInterface } from 'node:readline';
import { formatJsonLine } from '../../../text/json-line.ts';
import { labTryOptions } from '../../options/lab-options.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { readSpraySize } from '../../settings/spray-size.ts';
import { usageError } from '../../../errors.ts';
import type { PunchlineEvent } from '../../../events.ts';
import { createLab, type Hosts } from '../../../lab/lab.ts';
import {
  startMeeting,
  startRendezvous,
  type ChatWords,
  type Meeting,
  type MeetingOptions,
} from '../../../lab/matrix/meeting.ts';
import { holdLab } from '../../../lab/named/hold-lab.ts';
import { checkLabName } from '../../../lab/named/lab-folder.ts';
import { hostAt } from '../../../lab/named/places.ts';
import { checkDescription, type LabDescription } from '../../../lab/plan/description.ts';
import type { Line, Program } from '../../../lab/program.ts';
import { hasTmux } from '../../../lab/tmux-session.ts';
import { showInTmux } from '../../../lab/tmux.ts';
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
  const { delay, json, keep, plain, ...words } = readOptions(labTryOptions, args);
  forbidBesideClassic(words);
  readSpraySize(words.spray);
  const { description, hosts, titles } = readTry(args.sites, delay ?? possibleDelayMs());
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const lab = keep === undefined ? await createLab(description) : await keptLab(keep, description);
  try {
    if (json !== true && plain !== true && isTerminal) {
      if (hasTmux()) {
        return await showInTmux(lab, { hosts, titles, ...words });
      }
      process.stderr.write(
        failureLines({ message: 'lines instead of panes, because tmux is not installed' }),
      );
    }
    const isWatched = json !== true && isTerminal;
    return await printMeeting(lab, { ...words, hosts, json: json === true, isWatched });
  } finally {
    await lab.close();
    if (keep !== undefined && json !== true) {
      write(waysInto(keep, hosts[0]));
    }
  }
}

/** Throws ERR_USAGE for what the old protocol does not know. */
function forbidBesideClassic({ classic, freshPort, lan, relay, spray }: Omit<ChatWords, 'attempts'>): void {
  const given = [
    relay === undefined ? undefined : '--relay',
    lan === false ? '--no-lan' : undefined,
    freshPort === true ? '--fresh-port' : undefined,
    spray === undefined ? undefined : '--spray',
  ].find((option) => option !== undefined);
  if (classic === true && given !== undefined) {
    throw usageError(
      `--classic and ${given} exclude each other: the old protocol has nothing of it`,
      'Leave one of them out.',
    );
  }
}

/** A lab that another process keeps. What we start in it ends with us. */
async function keptLab(name: string, description: LabDescription): Promise<TriedLab> {
  checkLabName(name);
  checkDescription(description);
  const { hosts } = await holdLab(name, description);
  const ours: Program[] = [];
  return {
    hosts: Object.fromEntries(hosts.map((place) => [place.name, hostAt(place)])),
    began: (program) => void ours.push(program),
    close: async () => {
      for (const program of ours) {
        program.kill('SIGKILL');
      }
      await Promise.all(ours.map(({ exited }) => exited));
    },
  };
}

/** A lab in which two chats meet. */
interface TriedLab extends Hosts {
  /** Called with each program that we start, if the lab lives longer. */
  readonly began?: (program: Program) => void;
  close(): Promise<void>;
}

function waysInto(name: string, host: string): string {
  return [
    `The lab "${name}" stays. Enter a host: punchline lab enter ${name} ${host}`,
    `What its NATs know: punchline lab nat ${name}. End it: punchline lab down ${name}`,
    '',
  ].join('\n');
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
  lab: TriedLab,
  { json, isWatched, ...options }: MeetingOptions & { readonly json: boolean; readonly isWatched: boolean },
): Promise<number> {
  const { hosts } = options;
  // The reader of our output is gone.
  process.stdout.once('error', () => void lab.close());
  const width = Math.max(...hosts.map((host) => host.length));
  const server = await startRendezvous(lab);
  lab.began?.(server);
  const meeting = await startMeeting(lab, {
    ...options,
    started: (program, host) => {
      lab.began?.(program);
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
    await greet(meeting, !met.includes(undefined), options.classic === true ? 'heartbeat' : 'message');
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

/**
 * Sends the greetings of both sides, and ends both when all have arrived. Resolves early if one side has ended.
 * `arrival`: the event of a greeting. In the old protocol it is a heartbeat.
 */
async function greet(
  { first, second }: Meeting,
  haveMet: boolean,
  arrival: 'message' | 'heartbeat',
): Promise<void> {
  const both = [first, second];
  if (haveMet) {
    for (let count = 1; count <= GREETINGS; count += 1) {
      for (const program of both) {
        program.type(greeting);
      }
      await Promise.all(both.map((program) => heard(program, arrival, count)));
      if (count < GREETINGS) {
        await new Promise((resolve) => setTimeout(resolve, GREETING_MS));
      }
    }
  }
  for (const program of both) {
    program.endInput();
  }
}

/** Resolves when a program has heard so many greetings, or has ended. */
async function heard(program: Program, arrival: string, count: number): Promise<void> {
  await program.line(arrival, () => program.lines.filter(isFromPeer).length >= count);
}

function isFromPeer({ direction, event, from }: Line): boolean {
  return event === 'message' ? from === 'peer' : event === 'heartbeat' && direction === 'received';
}
