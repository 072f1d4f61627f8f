/** Networks with IPv6 alone facing all kinds of NAT. They connect as the NAT does that stands behind their NAT64. */
import { expect, test } from 'vitest';
import { matrixPairs } from '../../source/lab/matrix/pairs.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { sharedLab } from '../helpers/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';

const timeout = 120_000;
const kinds = ['open', 'port-restricted', 'counting', 'random', 'nat64', 'counting/nat64', 'random/nat64'];
const pairs = matrixPairs({ kinds, filterings: [], answers: [], line: { delayMs: 5 } }).filter(({ a, b }) =>
  [a, b].some(({ site }) => site.nat64 === true),
);

/** Two sites of each kind, so that a kind can face itself. */
const start = sharedLab(
  {
    sites: Object.fromEntries(
      kinds.flatMap((kind) => ['one', 'two'].map((end) => [nameOf(kind, end), parseSite(`${kind},delay=5`)])),
    ),
  },
  async (lab) => {
    const [server = ''] = lab.hosts['rendezvous']!.addresses;
    await runPunchline(lab.hosts['rendezvous']!, ['serve', '--exempt', '0.0.0.0/0']).line('listening');
    return { server, run: (host: string, ...args: string[]) => runPunchline(lab.hosts[host]!, args) };
  },
);

/** At most 14 bytes. */
function nameOf(kind: string, end: string): string {
  return `k${kinds.indexOf(kind)}-${end}`;
}

test.for(pairs)('$a.words facing $b.words', { timeout }, async ({ a, b, possible }, context) => {
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
});
