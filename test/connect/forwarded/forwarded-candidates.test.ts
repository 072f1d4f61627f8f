import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ForwardedCandidates, type SeenAt } from '../../../source/connect/forwarded/forwarded-candidates.ts';
import type { ForwardedPort, ForwardedUse } from '../../../source/connect/forwarded/forwarded-port.ts';
import type { Endpoint, Happening } from '../../../source/events.ts';
import { natOf } from '../../../source/nat/diagnosis.ts';
import { listen } from '../../../source/network/listen.ts';
import { eventually } from '../../helpers/eventually.ts';

const seen: SeenAt = {
  mapped: { address: '50.0.1.2', port: 5000 },
  peerMapped: { address: '127.0.0.1', port: 6000 },
  local: { address: '192.168.1.2' },
  server: { address: '127.0.0.9', port: 8877 },
};

/** What a race would do with it. The port of our router is one that only notes what it is asked. */
function candidatesOf(change: Partial<SeenAt> = {}) {
  const asked: string[] = [];
  const uses: ForwardedUse[] = [];
  const happenings: Happening[] = [];
  const dialled: Endpoint[] = [];
  const attempts: unknown[] = [];
  const sockets: Socket[] = [];
  const over = new AbortController();
  onTestFinished(() => {
    over.abort();
    sockets.forEach((socket) => socket.destroy());
  });
  const forwarded = {
    ask: (local: string) => void asked.push(local),
    use: (one: ForwardedUse) => void uses.push(one),
  } as unknown as ForwardedPort;
  const candidates = new ForwardedCandidates({
    forwarded,
    seen: { ...seen, ...change },
    ways: {
      onAttempt: ({ kind, outcome, port }) => attempts.push([kind, outcome, port]),
      onSocket: (socket) => sockets.push(socket),
      signal: over.signal,
    },
    emit: (happening) => happenings.push(happening),
    onCandidate: (endpoint) => dialled.push(endpoint),
  });
  return { candidates, asked, uses, happenings, dialled, attempts, sockets };
}

const elsewhere = { address: '50.0.0.2', port: 8877 };
const nats = {
  none: natOf({ ...seen.mapped }, false),
  ordinary: natOf({ ...seen.mapped, probePort: 5000 }, true),
  counting: natOf({ ...seen.mapped, probePort: 5001 }, true),
  random: natOf({ ...seen.mapped, probePort: 33_333 }, true),
  unknown: natOf(seen.mapped, true),
};

describe('our router is asked', () => {
  test.each<[keyof typeof nats, keyof typeof nats, number, boolean]>([
    ['counting', 'ordinary', 1, true],
    ['random', 'random', 1, true],
    ['unknown', 'ordinary', 1, true],
    ['ordinary', 'random', 1, false],
    ['ordinary', 'counting', 2, true],
    ['ordinary', 'random', 2, false],
    ['ordinary', 'random', 3, true],
    ['none', 'random', 1, false],
    ['none', 'random', 3, false],
  ])('behind a NAT that is %s, facing one that is %s, in round %i: %s', (own, peer, round, isAsked) => {
    const { candidates, asked } = candidatesOf({ server: elsewhere });
    candidates.ask({ own: nats[own], peer: nats[peer] }, round);
    expect(asked).toEqual(isAsked ? ['192.168.1.2'] : []);
  });

  test('never for a place on this machine', () => {
    const { candidates, asked } = candidatesOf();
    candidates.ask({ own: nats.random, peer: nats.random }, 2);
    expect(asked).toEqual([]);
  });
});

describe('our port', () => {
  test('is told once, and again if it moves', () => {
    const { candidates, uses, happenings } = candidatesOf();
    const said: Endpoint[] = [];
    candidates.offer((endpoint) => said.push(endpoint));
    for (const port of [40_000, 40_000, 40_001]) {
      uses[0]?.onMapped({ protocol: 'pcp', external: { address: '50.0.1.2', port } });
    }
    expect(said.map(({ port }) => port)).toEqual([40_000, 40_001]);
    expect(happenings).toMatchObject([
      { event: 'forwarded', address: '50.0.1.2', port: 40_000, protocol: 'pcp' },
      { event: 'forwarded', port: 40_001 },
    ]);
    expect(candidates.known).toEqual({ own: true, peer: false });
  });

  test.each([
    ['at another address than the place has seen', { address: '50.0.1.3', port: 40_000 }],
    ['at the private address of a second NAT', { address: '192.168.0.2', port: 40_000 }],
    ['among the ports of services', { address: '50.0.1.2', port: 80 }],
  ])('%s is not told', (_, external) => {
    const { candidates, uses, happenings } = candidatesOf();
    const said: Endpoint[] = [];
    candidates.offer((endpoint) => said.push(endpoint));
    uses[0]?.onMapped({ protocol: 'upnp', external });
    expect([said, happenings, candidates.known.own]).toEqual([[], [], false]);
  });
});

describe("the peer's port", () => {
  test('is dialled once at its mapped address', async () => {
    const { candidates, dialled, attempts, sockets } = candidatesOf();
    const accepted: Socket[] = [];
    const listener = await listen({
      address: '127.0.0.1',
      port: 0,
      family: 4,
      onSocket: (socket) => accepted.push(socket),
    });
    onTestFinished(() => {
      listener.close();
      accepted.forEach((socket) => socket.destroy());
    });
    const { port } = listener.endpoint;
    candidates.dial({ address: '127.0.0.1', port });
    candidates.dial({ address: '127.0.0.1', port });
    await eventually(() => expect(sockets).toHaveLength(1));
    expect(dialled).toEqual([{ address: '127.0.0.1', port }]);
    expect(attempts).toEqual([
      ['forwarded', 'started', port],
      ['forwarded', 'connected', port],
    ]);
    expect(candidates.known).toEqual({ own: false, peer: true });
  });

  test.each([
    ['at another address', { address: '127.0.0.2', port: 40_000 }],
    ['at our own mapped endpoint', { address: '50.0.1.2', port: 5000 }],
    ['among the ports of services', { address: '127.0.0.1', port: 22 }],
  ])('%s is not dialled', (_, candidate) => {
    const { candidates, dialled, attempts } = candidatesOf();
    candidates.dial(candidate);
    expect([dialled, attempts, candidates.known.peer]).toEqual([[], [], false]);
  });

  test('at the place itself is not dialled', () => {
    const { candidates, dialled } = candidatesOf({ server: { address: '127.0.0.1', port: 8877 } });
    candidates.dial({ address: '127.0.0.1', port: 8877 });
    expect(dialled).toEqual([]);
  });

  test('changes as often as it likes, and costs us two dials', () => {
    const { candidates, dialled } = candidatesOf();
    for (let port = 40_000; port < 40_100; port += 1) {
      candidates.dial({ address: '127.0.0.1', port });
    }
    expect(dialled.map(({ port }) => port)).toEqual([40_000, 40_001]);
  });
});
