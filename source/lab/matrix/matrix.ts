/**
 * Lets every pair of a list meet, with real programs and a lab for each pair, and
 * returns the results.
 */
import { PunchlineError } from '../../errors.ts';
import { createLab, type Lab } from '../lab.ts';
import type { Pair } from './pairs.ts';
import { complaintOf, startMeeting, startRendezvous, type Meeting } from './meeting.ts';
import type { Program } from '../program.ts';

export interface Run {
  readonly connected: boolean;
  /** From the second peer's start to its proven channel. This and the next fields are null without a channel. */
  readonly ms: number | null;
  /** From the first SYN to a connected socket. */
  readonly punchMs: number | null;
  readonly path: string | null;
  readonly family: number | null;
  /** The round in which it connected, or the last one. */
  readonly round: number;
  /** The exit codes of the first and the second peer; null if one did not start or had to be killed. */
  readonly exits: readonly [number | null, number | null];
  /** The error that a peer reported. */
  readonly reason: string | null;
}

export interface PairResult extends Pair {
  readonly runs: readonly Run[];
  /** Every run of a possible pair connected, or every run of an impossible one ended with exit 6 on both sides. */
  readonly asExpected: boolean;
}

export interface MatrixOptions {
  readonly runs: number;
  /** Rounds of punching in each run. */
  readonly attempts: number;
  /** How many pairs meet at once. */
  readonly parallel: number;
  /** Called with each pair when it is done. */
  readonly done: (result: PairResult) => void;
}

/** Exit code of a chat whose punching failed. */
const PUNCH_FAILED = 6;

/** Bound a run: a round takes at most 3 s of silence, a spray less, and start and end take a few seconds under load. */
const ROUND_MS = 6000;
const START_MS = 30_000;

/** Runs all pairs; resolves with the results in their order. Rejects as createLab does. */
export async function runMatrix(pairs: readonly Pair[], options: MatrixOptions): Promise<PairResult[]> {
  const results: PairResult[] = [];
  const waiting = pairs.entries();
  async function work() {
    for (const [index, pair] of waiting) {
      const result = await runPair(pair, options);
      results[index] = result;
      options.done(result);
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.parallel, pairs.length) }, work));
  return results;
}

async function runPair(pair: Pair, { attempts, runs: count }: MatrixOptions): Promise<PairResult> {
  const lab = await createLab({ sites: { alice: pair.a.site, bob: pair.b.site } });
  try {
    await startRendezvous(lab);
    const runs: Run[] = [];
    // The first peer has another role than the second, so we try both orders.
    for (let run = 0; run < count; run += 1) {
      runs.push(await runOnce(lab, run % 2 === 0 ? ['alice', 'bob'] : ['bob', 'alice'], attempts));
    }
    return { ...pair, runs, asExpected: runs.every((run) => isExpected(pair.possible, run)) };
  } finally {
    await lab.close();
  }
}

/** A possible pair must connect; an impossible one must end with exit 6 on both sides. */
export function isExpected(possible: boolean, { connected, exits }: Run): boolean {
  return possible ? connected : !connected && exits.every((exit) => exit === PUNCH_FAILED);
}

const nothing: Run = {
  connected: false,
  ms: null,
  punchMs: null,
  path: null,
  family: null,
  round: 0,
  exits: [null, null],
  reason: null,
};

async function runOnce(lab: Lab, hosts: readonly [string, string], attempts: number): Promise<Run> {
  let meeting: Meeting;
  try {
    meeting = await startMeeting(lab, { hosts, attempts });
  } catch (error) {
    if (!(error instanceof PunchlineError)) {
      throw error;
    }
    // One pair whose lines let nothing through must not stop a matrix that runs for hours.
    return { ...nothing, reason: error.message };
  }
  const { first, second } = meeting;
  const deadline = setTimeout(
    () => {
      first.kill('SIGKILL');
      second.kill('SIGKILL');
    },
    START_MS + attempts * ROUND_MS,
  );
  try {
    const [, connected] = await Promise.all([first.line('connected'), second.line('connected')]);
    first.endInput();
    second.endInput();
    const exits = await Promise.all([exitOf(first), exitOf(second)]);
    return {
      connected: connected !== undefined && exits.every((exit) => exit === 0),
      ms: asNumber(connected?.['ms']),
      punchMs: asNumber(connected?.['punchMs']),
      path: connected === undefined ? null : String(connected['path']),
      family: asNumber(connected?.['family']),
      round: roundOf(meeting),
      exits,
      reason: complaintOf(second) ?? complaintOf(first) ?? null,
    };
  } finally {
    clearTimeout(deadline);
  }
}

async function exitOf(program: Program): Promise<number | null> {
  return (await program.exited).code;
}

/** The highest round before the connection. Later events only tell how the other attempts were given up. */
function roundOf({ second: { lines } }: Meeting): number {
  const connected = lines.findIndex(({ event }) => event === 'connected');
  const attempts = lines
    .slice(0, connected < 0 ? lines.length : connected)
    .filter(({ event, kind }) => event === 'attempt' && kind !== 'host' && kind !== 'forwarded');
  return Math.max(0, ...attempts.map(({ n }) => asNumber(n) ?? 0));
}

function asNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
