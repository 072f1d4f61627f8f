import { setTimeout as pause } from 'node:timers/promises';
import { createLab, type Lab } from '../../source/lab/lab.ts';
import type { LabDescription } from '../../source/lab/plan/description.ts';
import { ordinarySite } from '../helpers/chats/talk.ts';
import { runPunchline, type PunchlineInside } from '../helpers/lab/punchline-inside.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 5;
const AWAY_MS = 10_000;
const apart: LabDescription = { sites: { alice: ordinarySite, bob: ordinarySite } };

/** How long it takes until two chats talk again, of which one has died, from the start of its successor. */
export async function restart(): Promise<Figure[]> {
  return [
    await figure('started anew at once: until both talk', 0),
    await figure('started anew after 10 s: until both talk', AWAY_MS),
  ];
}

async function figure(name: string, awayMs: number): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const lab = await createLab(apart);
    try {
      times.push(await measure(lab, awayMs));
    } finally {
      await lab.close();
    }
  }
  process.stdout.write(`      ${name}: ${times.map(Math.round).join(', ')} ms\n`);
  return { name: `${name}, ms`, value: median(times), atMost: 3000 };
}

async function measure(lab: Lab, awayMs: number): Promise<number> {
  const rendezvous = lab.hosts['rendezvous']!;
  const [server = ''] = rendezvous.addresses;
  await runPunchline(rendezvous, ['serve']).line('listening');
  function chat(name: string): PunchlineInside {
    return runPunchline(lab.hosts[name]!, [
      'chat',
      '--json',
      '--code',
      '5000-velvet-orbit',
      '--server',
      server,
    ]);
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
