/** Real NATs, the real mailbox server, coturn and the transit relay. All pairs are in one lab, each with its own room. */
import { expect, test, type TestContext } from 'vitest';
import { parseSite } from '../../../../source/lab/plan/site-words.ts';
import { startMailboxLab } from '../../../helpers/lab/mailbox-lab.ts';
import { sharedInFile } from '../../../helpers/shared.ts';

const timeout = 120_000;

const theLab = sharedInFile((owner) =>
  startMailboxLab(owner, {
    strict: parseSite('port-restricted'),
    strict2: parseSite('port-restricted'),
    counting: parseSite('counting'),
    counting2: parseSite('counting'),
    random: parseSite('random'),
    random2: parseSite('random'),
    home: { ...parseSite('port-restricted'), hosts: ['carol', 'dave'] },
  }),
);
let lastRoom = 4711;

/** Runs sides in these hosts, with a code that no other test has. They end with the test. */
async function startRoom(context: TestContext, options: object = {}) {
  const { lab, run } = await theLab(context);
  lastRoom += 1;
  const code = { number: lastRoom, words: ['velvet', 'orbit'] };
  return {
    lab,
    start: (host: string) => {
      const side = run(host, { code, ...options });
      context.onTestFinished(side.kill);
      return side;
    },
  };
}

// A spray begins in the second round. One in sixty finds nothing, and one more is allowed.
test.for([
  ['strict', 'strict2', 'simultaneous', 1],
  ['counting', 'counting2', 'predicted', 1],
  ['random', 'strict', 'spray', 3],
] as const)(
  'at a mailbox server the hosts %s and %s connect by the strategy %s',
  { timeout },
  async ([one, other, strategy, lastRound], context) => {
    const { start } = await startRoom(context, { relay: 'never' });
    const first = start(one);
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = start(other);
    for (const side of [first, second]) {
      expect(await side.line('connected')).toMatchObject({ path: 'direct', family: 4 });
      const rounds = side.lines.filter(({ event, kind }) => event === 'attempt' && kind !== 'host');
      expect(Math.max(...rounds.map(({ n }) => Number(n)))).toBeLessThanOrEqual(lastRound);
      const plans = side.lines.filter((line) => line.event === 'plan' && line['strategy'] !== 'host');
      expect(plans.at(-1)).toMatchObject({ strategy });
    }
    first.say('hello');
    expect(await second.line('said')).toMatchObject({ text: 'hello' });
  },
);

test(
  'two NATs that no program connects are relayed by the transit relay, and the session resumes after a cut',
  { timeout },
  async (context) => {
    const { lab, start } = await startRoom(context);
    const sides = [start('random'), start('random2')] as const;
    for (const side of sides) {
      expect(await side.line('connected')).toMatchObject({ path: 'relay' });
    }
    // The NAT has forgotten everything: the old connection never comes back.
    await lab.rebind('random');
    sides[0].say('hello');
    expect(await sides[1].line('said')).toMatchObject({ text: 'hello' });
    sides[1].say('back');
    expect(await sides[0].line('said')).toMatchObject({ text: 'back' });
  },
);

test('nobody is sprayed where only one STUN server has named the addresses', { timeout }, async (context) => {
  // Two servers connect these two by a spray: see above.
  const { start } = await startRoom(context, { stun: [{ host: '50.0.0.2', port: 3478 }], attempts: 3 });
  const sides = [start('random'), start('strict')];
  for (const side of sides) {
    expect(await side.line('connected')).toMatchObject({ path: 'relay' });
    const plans = side.lines.filter(({ event }) => event === 'plan');
    expect(plans.map((line) => line['strategy'])).not.toContain('spray');
  }
});

test('two peers in one network meet there, although no STUN server answers', { timeout }, async (context) => {
  const { start } = await startRoom(context, { stun: [{ host: '50.0.0.2', port: 9 }] });
  const sides = [start('carol'), start('dave')];
  for (const side of sides) {
    expect(await side.line('connected')).toMatchObject({ path: 'lan', strategy: 'host' });
  }
});
