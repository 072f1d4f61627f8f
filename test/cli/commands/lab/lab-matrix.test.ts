import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { expect, test, type TestContext } from 'vitest';
import { siteKinds } from '../../../../source/lab/plan/site-kinds.ts';
import { labOrSkip } from '../../../helpers/lab/lab.ts';
import { program } from '../../../helpers/programs/punchline.ts';
import { expectFields, fieldsUnder, quoted } from '../../../helpers/manual-tables.ts';

interface PairJson {
  readonly a: string;
  readonly b: string;
  readonly possible: boolean;
  readonly asExpected: boolean;
  readonly connected: number;
  readonly paths: readonly string[];
  readonly medianMs: number | null;
  readonly rounds: number;
  readonly runs: {
    readonly family: number | null;
    readonly exits: unknown;
    readonly reason: string | null;
  }[];
}

/** Real programs, real NATs: under load a meeting takes seconds, and some pairs need several rounds. */
const timeout = 180_000;

const [text, number]: unknown[] = [expect.any(String), expect.any(Number)];

async function matrix(context: TestContext, ...args: string[]) {
  const line = { delayMs: 1 };
  await (await labOrSkip(context, { sites: { a: { ...siteKinds['open']!.site, line } } })).close();
  const child = spawn(process.execPath, [program, 'lab', 'matrix', ...args]);
  context.onTestFinished(() => void child.kill('SIGKILL'));
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  expect(stderr).toBe('');
  return { code, stdout };
}

async function matrixJson(context: TestContext, ...args: string[]) {
  const { code, stdout } = await matrix(context, '--json', ...args);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PairJson);
  const last = lines.pop();
  return { code, last, pairs: new Map(lines.map((line) => [`${line.a}:${line.b}`, line])) };
}

/**
 * One of each kind: known ports, predicted ports, a spray, lossy and jittery lines, equal private networks, and IPv6
 * around a pair that IPv4 cannot join. The long tier has all pairs.
 */
const plain = 'port-restricted/rst:port-restricted';
const lossy = 'port-restricted,loss=5,jitter=10,delay=20:port-restricted,loss=5,jitter=10,delay=20';
const alike = 'port-restricted,network=192.168.7.0/24:counting,network=192.168.7.0/24';
const ipv6 = 'random,ipv6=firewall:random,ipv6=firewall';
const possible = [plain, 'counting:counting', 'random/rst:other-port', lossy, alike, ipv6];
/** Nothing is tried here that could hit by luck: it is known at once that neither port can be guessed. */
const hopeless = 'random:random';
/**
 * A spray is tried here, because an address-dependent mapping looks endpoint-independent at first. It hits by luck, in
 * some hundredth of all runs, and more often where a NAT answers RST, because then a side dials again and again.
 */
const impossibleButForLuck = 'address-dependent:counting';

test(
  'a small matrix: all that is possible connects, the rest ends with exit 6 and says why, with the fields of the manual',
  { timeout },
  async (context) => {
    const options = ['--runs', '1', '--delay', '5', '--parallel', '3', '--attempts', '6'];
    const names = [...possible, hopeless, impossibleButForLuck];
    const { code, last, pairs } = await matrixJson(context, ...names, ...options);
    const told = Object.fromEntries(
      possible.map((name) => [name, [pairs.get(name)?.connected, pairs.get(name)?.paths.join()]]),
    );
    expect(told).toEqual(Object.fromEntries(possible.map((name) => [name, [1, 'direct']])));
    expect(names.map((name) => pairs.get(name)?.possible)).toEqual([
      ...possible.map(() => true),
      false,
      false,
    ]);
    expect(pairs.get(ipv6)).toMatchObject({ runs: [{ family: 6 }] });
    const isLucky = pairs.get(impossibleButForLuck)?.connected === 1;
    for (const name of isLucky ? [hopeless] : [hopeless, impossibleButForLuck]) {
      expect(pairs.get(name)).toMatchObject({
        connected: 0,
        paths: [],
        runs: [{ exits: [6, 6], family: null, round: 6, reason: text }],
      });
    }
    expect(pairs.get(hopeless)?.runs[0]?.reason).toContain('neither port can be guessed');
    expect(last).toEqual({
      v: 1,
      event: 'matrix',
      pairs: names.length,
      asExpected: names.length - (isLucky ? 1 : 0),
    });
    expect(code).toBe(isLucky ? 6 : 0);
    expectManualFields(pairs.get(plain), last);
  },
);

/** The fields are those that the manual lists, and no others. */
function expectManualFields(pair: PairJson | undefined, last: PairJson | undefined): void {
  const rows = fieldsUnder('lab', '## punchline lab matrix');
  const ofLast = rows.findIndex(({ meaning }) => meaning.startsWith('in the last line'));
  const ofPair = rows.slice(0, ofLast).flatMap((row) => row.names);
  const [a, b] = plain.split(':');
  expectFields(pair, ofPair, {
    v: 1,
    event: 'pair',
    a,
    b,
    possible: true,
    asExpected: true,
    connected: 1,
    of: 1,
    medianMs: number,
    worstMs: number,
    paths: [text],
    rounds: number,
    runs: expect.any(Array),
  });
  const ofRun = quoted(rows.find(({ names }) => names.includes('runs'))?.meaning ?? '');
  expectFields(pair?.runs[0], ofRun, {
    connected: true,
    ms: number,
    punchMs: number,
    path: text,
    family: 4,
    round: number,
    exits: [0, 0],
    reason: null,
  });
  expectFields(last, ['v', 'event', ...(rows[ofLast]?.names ?? [])], {
    v: 1,
    event: 'matrix',
    pairs: number,
    asExpected: number,
  });
}

test('a person gets a table', { timeout }, async (context) => {
  const { code, stdout } = await matrix(context, 'open:open', '--runs', '1', '--delay', '0');
  expect(stdout).toMatch(
    /^one side +other side +possible +connected +path +median +worst +rounds\nopen +open +yes +1\/1 +direct +[\d.]+ m?s +[\d.]+ m?s +\d+\n\n1 of 1 pairs as expected\.\n$/,
  );
  expect(code).toBe(0);
});

test('the pairs that were not as expected stand below the table', { timeout }, async (context) => {
  // One round is too few for the spray that a random mapping needs, and two random mappings need none.
  const pairs = ['random:random', 'random:port-restricted'];
  const { code, stdout } = await matrix(context, ...pairs, '--runs', '1', '--delay', '0', '--attempts', '1');
  expect(stdout).toMatch(/\nrandom +random +no +0\/1 +\d+\n/);
  expect(stdout).toMatch(/\nrandom +port-restricted +yes +0\/1 +1 +!\n/);
  expect(stdout).toMatch(
    /\n1 of 2 pairs as expected\.\n! random:port-restricted: exits 6, 6; no connection to /,
  );
  expect(code).toBe(6);
});
