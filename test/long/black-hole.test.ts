/** Ways on which packets of more than 1280 bytes get lost, and no ICMP message says so (RFC 2923, section 2.1). */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import type { Lab } from '../../source/lab/lab.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { loadRules, sharedLab } from '../helpers/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';

const timeout = 120_000;
const FILE_BYTES = 1_000_000;
const TEXT_LENGTH = 4000;

/** From now on the router of a site drops longer packets. */
function blackHole(bytes: number): string {
  return [
    'table inet hole {',
    `chain hole { type filter hook forward priority -10; meta length > ${bytes} drop; }`,
    '}',
    '',
  ].join('\n');
}

const start = sharedLab(
  {
    sites: {
      alice: parseSite('port-restricted,delay=10'),
      bob: parseSite('port-restricted,delay=10'),
      carol: parseSite('open,delay=10'),
      narrow: parseSite('port-restricted,mtu=1280,delay=10'),
      public: parseSite('open,mtu=1280,delay=10'),
      random: parseSite('random,mtu=1280,delay=10'),
      late: parseSite('port-restricted,delay=10'),
      vpn: parseSite('port-restricted,mtu=1400,delay=10'),
      other: parseSite('random,delay=10'),
    },
  },
  async (lab) => {
    await runPunchline(lab.hosts['rendezvous']!, ['serve', '--relay-rate', '10000']).line('listening');
    return { lab };
  },
);

/** A folder that is removed after the test. */
function newFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-hole-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Two chats. The first waits in a room, and the second joins it and takes files. */
async function meeting(lab: Lab, context: TestContext, waiting: readonly string[], joining: string) {
  const folder = newFolder(context);
  const [server = ''] = lab.hosts['rendezvous']!.addresses;
  function run(host: string, ...args: string[]) {
    const program = runPunchline(lab.hosts[host]!, ['chat', '--json', '--name', host, ...args]);
    context.onTestFinished(() => void program.kill('SIGKILL'));
    return program;
  }
  const [host = '', ...args] = waiting;
  const first = run(host, '--server', server, ...args);
  const { invite } = await first.line('invite');
  await first.line('rendezvous', ({ state }) => state === 'waiting');
  const second = run(joining, String(invite), '--accept-files', folder);
  const [one, other] = [await first.line('connected'), await second.line('connected')];
  return { first, second, paths: [one['path'], other['path']] };
}

/** A file that one of them sends as soon as the two are connected. */
function randomFile(context: TestContext) {
  const file = join(newFolder(context), 'random.bin');
  const bytes = randomBytes(FILE_BYTES);
  writeFileSync(file, bytes);
  return { file, hash: hash(bytes) };
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test.for([
  ['alice', 'narrow', 'direct'],
  ['narrow', 'bob', 'direct'],
  ['carol', 'narrow', 'direct'],
  ['public', 'alice', 'direct'],
  ['other', 'random', 'relay'],
  ['random', 'other', 'relay'],
  ['vpn', 'bob', 'direct'],
  ['bob', 'vpn', 'direct'],
] as const)(
  '%s meets %s (%s), and a file arrives',
  { timeout },
  async ([sender, receiver, path], context) => {
    const { lab } = await start(context);
    const sent = randomFile(context);
    const only = path === 'direct' ? ['--no-relay'] : [];
    const { second, paths } = await meeting(lab, context, [sender, '--send', sent.file, ...only], receiver);
    expect(paths).toEqual([path, path]);
    const done = await second.line('file', ({ state }) => state === 'done');
    expect(hash(readFileSync(String(done['path'])))).toBe(sent.hash);
  },
);

test.for([1280, 1400])(
  'a session goes on when packets of more than %d bytes begin to get lost',
  { timeout },
  async (bytes, context) => {
    const { lab } = await start(context);
    const { first, second } = await meeting(lab, context, ['alice'], 'late');
    const router = lab.routers['late']!;
    await loadRules(router, blackHole(bytes));
    context.onTestFinished(async () => {
      await router.exec(['nft', 'delete', 'table', 'inet', 'hole']);
    });
    const texts = Array.from({ length: 100 }, (_, n) => `${n} `.padEnd(TEXT_LENGTH, 'x'));
    for (const text of texts) {
      first.type(text);
    }
    await second.line('message', ({ text }) => text === texts.at(-1));
    const arrived = second.lines.filter(({ event, from }) => event === 'message' && from === 'peer');
    expect(arrived.map(({ text }) => text)).toEqual(texts);
  },
);
