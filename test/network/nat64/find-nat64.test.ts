import { afterEach, describe, expect, test, vi } from 'vitest';
import { findNat64, type Nat64Sources } from '../../../source/network/nat64/find-nat64.ts';
import { askResolver, type LookUp } from '../../../source/network/nat64/ask-resolver.ts';
import { anyAddress, meantAddress, useNat64, wayTo } from '../../../source/network/nat64/translation.ts';
import { resolve } from '../../../source/network/resolve.ts';
import type { Family } from '../../../source/events.ts';

const { signal } = new AbortController();

/** A network of its own with IPv6 alone, whose resolver knows a NAT64. */
function sixth({
  lookUp = async () => ['64:ff9b::c000:aa', '64:ff9b::c000:ab'],
  ...more
}: Partial<Nat64Sources> & { readonly lookUp?: LookUp } = {}) {
  networks += 1;
  const own = `2a00:db8::${networks}`;
  const sources: Nat64Sources = {
    routed: async (family: Family): Promise<string | undefined> => (family === 6 ? own : undefined),
    askResolver: (until) => askResolver(until, lookUp),
    ...more,
  };
  return (until: AbortSignal) => findNat64(['127.0.0.1', '::1', own], until, sources);
}
let networks = 0;

test('the resolver of a network with IPv6 alone tells its NAT64, and is asked once', async () => {
  const lookUp = vi.fn<LookUp>(async () => ['64:ff9b::c000:aa']);
  const find = sixth({ lookUp });
  await find(signal);
  expect(await find(signal)).toMatchObject({ prefix: '64:ff9b::/96' });
  expect(lookUp.mock.calls).toEqual([['ipv4only.arpa']]);
});

test.each([
  ['has a route for IPv4', { routed: async () => '192.168.1.7' }],
  ['has no route at all', { routed: async () => undefined }],
] satisfies [string, Partial<Nat64Sources>][])('nobody is asked where a machine %s', async (_, network) => {
  const lookUp = vi.fn<LookUp>(async () => ['64:ff9b::c000:aa']);
  expect(await sixth({ lookUp, ...network })(signal)).toBeUndefined();
  expect(lookUp).not.toHaveBeenCalled();
});

test('another network is asked anew, and what held in the last one is forgotten', async () => {
  expect(await sixth()(signal)).toMatchObject({ prefix: '64:ff9b::/96' });
  const find = sixth({ lookUp: async () => ['fd00:64::c000:aa'] });
  expect(await find(signal)).toMatchObject({ prefix: 'fd00:64::/96' });
  expect(await sixth({ routed: async () => '192.168.1.7' })(signal)).toBeUndefined();
});

test.each([
  ['knows no such name', async () => Promise.reject(new Error('ENOTFOUND'))],
  ['answers something else', async () => ['2a00:db8::1', 'nonsense', '192.0.0.170']],
  ['leads to this machine', async () => ['::c000:aa']],
])('a resolver that %s tells of no NAT64, and is asked again', async (_, lookUp) => {
  const asked = vi.fn<LookUp>(lookUp);
  const find = sixth({ lookUp: asked });
  expect([await find(signal), await find(signal)]).toEqual([undefined, undefined]);
  expect(asked).toHaveBeenCalledTimes(2);
});

test('a resolver that does not answer holds nobody up for more than 2 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const looked = Promise.withResolvers<void>();
    const find = sixth({
      lookUp: () => {
        looked.resolve();
        return new Promise(() => undefined);
      },
    });
    const finding = find(signal);
    await looked.promise;
    await vi.advanceTimersByTimeAsync(2000);
    expect(await finding).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

test('the search ends with the signal', async () => {
  const over = new AbortController();
  const finding = sixth({ lookUp: () => new Promise(() => undefined) })(over.signal);
  over.abort(new Error('over'));
  await expect(finding).rejects.toThrow('over');
});

describe('a socket', () => {
  // Other tests share this process.
  afterEach(() => useNat64(undefined));

  test('reaches IPv4 through the NAT64, and the rest as it is', async () => {
    expect(wayTo('50.0.0.2')).toEqual({ host: '50.0.0.2', localAddress: '0.0.0.0' });
    useNat64(await sixth()(signal));
    expect(wayTo('50.0.0.2')).toEqual({ host: '64:ff9b::3200:2', localAddress: '::' });
    expect(wayTo('10.0.0.2')).toEqual({ host: '10.0.0.2', localAddress: '0.0.0.0' });
    expect(wayTo('2a00:db8::2')).toEqual({ host: '2a00:db8::2', localAddress: '::' });
    expect(wayTo('fe80::1%eth0')).toEqual({ host: 'fe80::1%eth0', localAddress: '::' });
  });

  test('that waits for IPv4 waits at an IPv6 address behind a NAT64', async () => {
    expect([4, 6].map((family) => anyAddress(family as Family))).toEqual(['0.0.0.0', '::']);
    useNat64(await sixth()(signal));
    expect([4, 6].map((family) => anyAddress(family as Family))).toEqual(['::', '::']);
  });

  test('tells the IPv4 address that it has reached', async () => {
    expect(meantAddress('64:ff9b::3200:2')).toBe('64:ff9b::3200:2');
    useNat64(await sixth()(signal));
    expect(['64:ff9b::3200:2', '2a00:db8::2', '50.0.0.2', 'fe80::1%eth0'].map(meantAddress)).toEqual([
      '50.0.0.2',
      '2a00:db8::2',
      '50.0.0.2',
      'fe80::1%eth0',
    ]);
  });
});

test('an address of this machine resolves without a turn of the event loop', async () => {
  const order: string[] = [];
  const turn = new Promise<void>((resolvePromise) => {
    setImmediate(() => {
      order.push('turn');
      resolvePromise();
    });
  });
  await resolve('127.0.0.1', undefined, signal);
  order.push('resolved');
  await turn;
  expect(order).toEqual(['resolved', 'turn']);
});
