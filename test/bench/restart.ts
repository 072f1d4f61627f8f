import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLab, type Lab } from '../../source/lab/lab.ts';
import type { LabDescription } from '../../source/lab/plan/description.ts';
import { ordinarySite } from '../helpers/chats/talk.ts';
import { keepFriend } from '../helpers/friends/keep-friend.ts';
import { runPunchline, type PunchlineInside } from '../helpers/lab/punchline-inside.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 5;
const AWAY_MS = 10_000;
const apart: LabDescription = { sites: { alice: ordinarySite, bob: ordinarySite } };

/** How long it takes until two chats talk again, of which one has died, from the start of its successor. */
export async function restart(): Promise<Figure[]> {
  return [
    await figure('started anew at once: until both talk', 0, withOwnCode),
    await figure('started anew after 10 s: until both talk', AWAY_MS, withOwnCode),
    await figure('friends, started anew at once: until both talk', 0, asFriends),
    await figure('friends, started anew after 10 s: until both talk', AWAY_MS, asFriends),
  ];
}

/** What each of the two runs: the words before the program, and those behind `chat`. */
type Words = Readonly<
  Record<'alice' | 'bob', { readonly under: readonly string[]; readonly with: readonly string[] }>
>;

function withOwnCode(): Words {
  const own = { under: [], with: ['--code', '5000-velvet-orbit'] };
  return { alice: own, bob: own };
}

async function asFriends(homes: string): Promise<Words> {
  const secret = randomBytes(32);
  async function words(own: string, friend: string, role: 'a' | 'b') {
    const home = join(homes, own);
    mkdirSync(home);
    await keepFriend(home, friend, { secret, role });
    return { under: ['env', `XDG_DATA_HOME=${home}`], with: [friend] };
  }
  return { alice: await words('alice', 'bob', 'a'), bob: await words('bob', 'alice', 'b') };
}

async function figure(
  name: string,
  awayMs: number,
  wordsIn: (homes: string) => Words | Promise<Words>,
): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const lab = await createLab(apart);
    const homes = mkdtempSync(join(tmpdir(), 'punchline-bench-'));
    try {
      times.push(await measure(lab, awayMs, await wordsIn(homes)));
    } finally {
      await lab.close();
      rmSync(homes, { recursive: true, force: true });
    }
  }
  process.stdout.write(`      ${name}: ${times.map(Math.round).join(', ')} ms\n`);
  return { name: `${name}, ms`, value: median(times), atMost: 3000 };
}

async function measure(lab: Lab, awayMs: number, words: Words): Promise<number> {
  const rendezvous = lab.hosts['rendezvous']!;
  const [server = ''] = rendezvous.addresses;
  await runPunchline(rendezvous, ['serve']).line('listening');
  function chat(name: 'alice' | 'bob'): PunchlineInside {
    const { under, with: own } = words[name];
    return runPunchline(lab.hosts[name]!, ['chat', '--json', ...own, '--server', server], under);
  }
  const [alice, bob] = [chat('alice'), chat('bob')];
  await Promise.all([alice.line('connected'), bob.line('connected')]);
  alice.kill('SIGKILL');
  await pause(awayMs);
  const startedAt = Date.now();
  const again = chat('alice');
  const both = await Promise.all([again.line('connected'), bob.line('resumed')]);
  return Math.max(...both.map(({ at }) => Number(at))) - startedAt;
}
