import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  findStunServers,
  publicStunServers,
  stunServersOf,
  twoPublicServers,
} from '../../../source/connect/stun/stun-servers.ts';

test('two different public servers are drawn, and in time each of them', () => {
  const drawn = new Set<string>();
  while (drawn.size < publicStunServers.length) {
    const two = twoPublicServers();
    expect(new Set(two).size).toBe(2);
    for (const server of two) {
      expect(publicStunServers).toContain(server);
      drawn.add(server.host);
    }
  }
});

test('of each server the first address of a family is taken, and each endpoint once', async () => {
  const found = await findStunServers(
    ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.0.0.1'].map((host, index) => ({
      host,
      port: index === 3 ? 2 : 1,
    })),
    new AbortController().signal,
  );
  expect(stunServersOf(found, 4)).toEqual([
    { name: '127.0.0.1:1', address: '127.0.0.1', port: 1 },
    { name: '127.0.0.1:2', address: '127.0.0.1', port: 2 },
  ]);
  expect(stunServersOf(found, 6)).toEqual([{ name: '[::1]:1', address: '::1', port: 1 }]);
});

test('looking names up ends with the signal', async () => {
  const reason = new Error('enough');
  const found = findStunServers([{ host: 'no-such-host.invalid', port: 1 }], AbortSignal.abort(reason));
  await expect(found).rejects.toBe(reason);
});

test('the manual names every public server, and says that none was reached', () => {
  const page = readFileSync(new URL('../../../source/cli/manual/doctor.md', import.meta.url), 'utf8');
  const names = publicStunServers.map(({ host, port }) => (port === 3478 ? host : `${host} (port ${port})`));
  expect(page).toContain(`: ${names.join(', ')}.`);
  expect(page).toContain('none could be reached from where this was tested');
});
