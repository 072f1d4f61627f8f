/** Every kind of pair that our own rendezvous connects, at a real mailbox server, five times each. */
import { expect, test } from 'vitest';
import { matrixPairs } from '../../source/lab/matrix/pairs.ts';
import { startMailboxLab } from '../helpers/lab/mailbox-lab.ts';
import type { Side } from '../helpers/lab/meet-inside.ts';

const pairs = matrixPairs({
  kinds: [
    'open',
    'firewall',
    'full-cone',
    'restricted',
    'port-restricted',
    'other-port',
    'address-dependent',
    'counting',
    'random',
  ],
  filterings: [],
  answers: ['drop'],
  line: { delayMs: 20 },
});

const RUNS = 5;

test.for(pairs.filter(({ possible }) => possible))(
  'at a mailbox server $a.words and $b.words connect directly, 5 of 5',
  async ({ a, b }, context) => {
    const { run } = await startMailboxLab(context, { alice: a.site, bob: b.site });
    const paths: unknown[] = [];
    for (let n = 0; n < RUNS; n += 1) {
      const code = { number: 2000 + n, words: ['velvet', 'orbit'] };
      // The sides take turns in coming first.
      const names = n % 2 === 0 ? (['alice', 'bob'] as const) : (['bob', 'alice'] as const);
      const first = run(names[0], { code, relay: 'never' });
      await first.line('rendezvous', ({ state }) => state === 'waiting');
      const second = run(names[1], { code, relay: 'never' });
      for (const side of [first, second] satisfies Side[]) {
        paths.push((await side.line('connected'))['path']);
        side.end();
      }
    }
    expect(paths).toEqual(Array.from({ length: RUNS * 2 }, () => 'direct'));
  },
);
