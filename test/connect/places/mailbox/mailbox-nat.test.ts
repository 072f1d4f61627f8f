/** Real NATs, the real mailbox server, coturn and the transit relay, each pair in a lab of its own. */
import { expect, test } from 'vitest';
import { parseSite } from '../../../../source/lab/plan/site-words.ts';
import { startMailboxLab } from '../../../helpers/lab/mailbox-lab.ts';

const timeout = 120_000;

test.for([
  ['port-restricted', 'port-restricted', 'simultaneous', 1],
  ['counting', 'counting', 'predicted', 1],
  ['random', 'port-restricted', 'spray', 2],
] as const)(
  'at a mailbox server %s and %s connect by the strategy %s',
  { timeout },
  async ([one, other, strategy, round], context) => {
    const { run } = await startMailboxLab(context, { alice: parseSite(one), bob: parseSite(other) });
    const alice = run('alice');
    await alice.line('rendezvous', ({ state }) => state === 'waiting');
    const bob = run('bob');
    for (const side of [alice, bob]) {
      expect(await side.line('connected')).toMatchObject({ path: 'direct', family: 4 });
      const rounds = side.lines.filter(({ event, kind }) => event === 'attempt' && kind !== 'host');
      expect(Math.max(...rounds.map(({ n }) => Number(n)))).toBe(round);
      const plans = side.lines.filter((line) => line.event === 'plan' && line['strategy'] !== 'host');
      expect(plans.at(-1)).toMatchObject({ strategy });
    }
    alice.say('hello');
    expect(await bob.line('said')).toMatchObject({ text: 'hello' });
  },
);

test(
  'two NATs that no program connects are relayed by the transit relay, and the session resumes after a cut',
  { timeout },
  async (context) => {
    const { lab, run } = await startMailboxLab(context, {
      alice: parseSite('random'),
      bob: parseSite('random'),
    });
    const sides = [run('alice'), run('bob')] as const;
    for (const side of sides) {
      expect(await side.line('connected')).toMatchObject({ path: 'relay' });
    }
    // The NAT has forgotten everything: the old connection never comes back.
    await lab.rebind('alice');
    sides[0].say('hello');
    expect(await sides[1].line('said')).toMatchObject({ text: 'hello' });
    sides[1].say('back');
    expect(await sides[0].line('said')).toMatchObject({ text: 'back' });
  },
);

test('nobody is sprayed where only one STUN server has named the addresses', { timeout }, async (context) => {
  const { run } = await startMailboxLab(context, {
    alice: parseSite('random'),
    bob: parseSite('port-restricted'),
  });
  // Two servers connect these two by a spray: see above.
  const options = { stun: [{ host: '50.0.0.2', port: 3478 }], attempts: 3 };
  const sides = [run('alice', options), run('bob', options)];
  for (const side of sides) {
    expect(await side.line('connected')).toMatchObject({ path: 'relay' });
    const plans = side.lines.filter(({ event }) => event === 'plan');
    expect(plans.map((line) => line['strategy'])).not.toContain('spray');
  }
});

test('two peers in one network meet there, although no STUN server answers', { timeout }, async (context) => {
  const home = { ...parseSite('port-restricted'), hosts: ['alice', 'bob'] };
  const { run } = await startMailboxLab(context, { home });
  const options = { stun: [{ host: '50.0.0.2', port: 9 }] };
  const sides = [run('alice', options), run('bob', options)];
  for (const side of sides) {
    expect(await side.line('connected')).toMatchObject({ path: 'lan', strategy: 'host' });
  }
});
