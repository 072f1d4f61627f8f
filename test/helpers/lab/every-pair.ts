/** Kinds of sites that face each other, each pair in one lab that all of them share. */
import { expect, test } from 'vitest';
import { matrixPairs } from '../../../source/lab/matrix/pairs.ts';
import type { Site } from '../../../source/lab/plan/description.ts';
import { parseSite } from '../../../source/lab/plan/site-words.ts';
import { sharedLab } from './lab.ts';
import { runPunchline } from './punchline-inside.ts';

const timeout = 120_000;

/**
 * A test of each pair in which one side is of interest: it meets directly without the relay where that is possible, and
 * through the relay where it is not.
 */
export function testEveryPair(kinds: readonly string[], isOfInterest: (site: Site) => boolean): void {
  /** At most 14 bytes. */
  function nameOf(kind: string, end: string): string {
    return `k${kinds.indexOf(kind)}-${end}`;
  }
  const pairs = matrixPairs({ kinds, filterings: [], answers: [], line: { delayMs: 5 } });
  /** Two sites of each kind, so that a kind can face itself. */
  const sites = kinds.flatMap((kind) =>
    ['one', 'two'].map((end) => [nameOf(kind, end), parseSite(`${kind},delay=5`)] as const),
  );
  const start = sharedLab({ sites: Object.fromEntries(sites) }, async (lab) => {
    const [server = ''] = lab.hosts['rendezvous']!.addresses;
    await runPunchline(lab.hosts['rendezvous']!, ['serve', '--exempt', '0.0.0.0/0']).line('listening');
    return { server, run: (host: string, ...args: string[]) => runPunchline(lab.hosts[host]!, args) };
  });

  test.for(pairs.filter(({ a, b }) => [a, b].some(({ site }) => isOfInterest(site))))(
    '$a.words facing $b.words',
    { timeout },
    async ({ a, b, possible }, context) => {
      const { run, server } = await start(context);
      const wish = possible ? ['--no-relay'] : [];
      const first = run(nameOf(a.words, 'one'), 'chat', '--json', '--server', server, ...wish);
      context.onTestFinished(() => void first.kill('SIGKILL'));
      const { invite } = await first.line('invite');
      await first.line('rendezvous', ({ state }) => state === 'waiting');
      const second = run(nameOf(b.words, 'two'), 'chat', '--json', String(invite), ...wish);
      context.onTestFinished(() => void second.kill('SIGKILL'));
      for (const side of [first, second]) {
        expect(await side.line('connected')).toMatchObject({ path: possible ? 'direct' : 'relay' });
      }
    },
  );
}
