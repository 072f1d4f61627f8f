import { expect, test } from 'vitest';
import { resolve } from '../../source/network/resolve.ts';

const { signal } = new AbortController();

test.each([
  ['127.0.0.1', { address: '127.0.0.1', family: 4 }],
  ['::1', { address: '::1', family: 6 }],
  ['::ffff:127.0.0.1', { address: '127.0.0.1', family: 4 }],
  ['::FFFF:7F00:1', { address: '127.0.0.1', family: 4 }],
  ['2001:DB8:0::1', { address: '2001:db8::1', family: 6 }],
  ['fe80::1%eth0', { address: 'fe80::1%eth0', family: 6 }],
])('%s resolves to %j', async (host, address) => {
  expect(await resolve(host, undefined, signal)).toEqual([address]);
});

test('an IPv4-mapped address does not count as IPv6', async () => {
  await expect(resolve('::ffff:127.0.0.1', 6, signal)).rejects.toMatchObject({
    code: 'ERR_RENDEZVOUS_UNREACHABLE',
    message: '::ffff:127.0.0.1 has no IPv6 address',
  });
});

test('a name resolves to addresses of both families, IPv4 first', async () => {
  const found = await resolve('localhost', undefined, signal);
  const families = found.map(({ family }) => family);
  expect(families).toEqual(families.toSorted((one, other) => one - other));
  expect(families.length).toBeGreaterThan(0);
});
