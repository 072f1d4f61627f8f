/** Seen from one address, a NAT that maps by address looks endpoint-independent. A second address of the server shows it. */
import { describe, expect, test, type TestContext } from 'vitest';
import type { Site } from '../../../../source/lab/plan/description.ts';
import { sharedLab } from '../../../helpers/lab/lab.ts';
import { runPunchline, type PunchlineInside } from '../../../helpers/lab/punchline-inside.ts';

const timeout = 120_000;

const ordinary: Site = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  line: { delayMs: 20 },
};
const byAddress: Site = { ...ordinary, mapping: 'address-dependent' };

const start = sharedLab(
  {
    sites: {
      ordinary,
      'by-address': byAddress,
      counted: { ...byAddress, ports: 'sequential' },
    },
  },
  async (lab) => {
    const { rendezvous } = lab.hosts;
    const [first = '', second = ''] = rendezvous!.addresses;
    const { port } = await runPunchline(rendezvous!, ['serve', '--probe-host', second]).line('listening');
    return {
      server: `${first}:${String(port)}`,
      run: (host: string, ...args: string[]) => runPunchline(lab.hosts[host]!, args),
    };
  },
);

/** One side waits, and the other joins it. */
async function pair(context: TestContext, waiting: string, joining: string) {
  const { run, server } = await start(context);
  // The relay might come first on a busy machine.
  const first = run(waiting, 'chat', '--json', '--no-relay', '--server', server);
  context.onTestFinished(() => void first.kill('SIGKILL'));
  const { invite } = await first.line('invite');
  await first.line('rendezvous', ({ state }) => state === 'waiting');
  const second = run(joining, 'chat', '--json', '--no-relay', String(invite));
  context.onTestFinished(() => void second.kill('SIGKILL'));
  for (const peer of [first, second]) {
    expect(await peer.line('connected')).toMatchObject({ path: 'direct' });
  }
  return { first, second };
}

function verdictOf({ lines }: PunchlineInside) {
  return lines.findLast(({ event }) => event === 'nats');
}

function plansOf({ lines }: PunchlineInside) {
  return lines.filter(({ event }) => event === 'plan');
}

// The side behind that NAT waits. The server may miss the probe of one who joins: it holds a match for 15 ms at most.
describe('a side behind a NAT that maps by address', () => {
  test('is known as that to both before they spray', { timeout }, async (context) => {
    const { first, second } = await pair(context, 'by-address', 'ordinary');
    expect(verdictOf(first)).toMatchObject({ own: 'address-dependent' });
    expect(verdictOf(second)).toMatchObject({ peer: 'address-dependent' });
    // The side whose port is known dials many, and the other one opens many.
    expect(plansOf(second)).toContainEqual(expect.objectContaining({ strategy: 'spray', dials: 1024 }));
    expect(plansOf(first)).toContainEqual(expect.objectContaining({ strategy: 'spray', dials: 257 }));
  });

  test(
    'is predicted where the ports are counted from one address to the next',
    { timeout },
    async (context) => {
      const { first, second } = await pair(context, 'counted', 'ordinary');
      // Only the dial of this side can hit. It may do so before the other side has begun the same round, because the
      // dial of the round before still waits there.
      expect(plansOf(second).map(({ strategy }) => strategy)).toContain('predicted');
      expect(verdictOf(first)).toMatchObject({ own: 'counting' });
      expect(verdictOf(second)).toMatchObject({ peer: 'counting' });
    },
  );
});
