import { expect, test } from 'vitest';
import { pino } from 'pino';
import { loggedEndpoint } from '../../source/server/log.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';

test('an address in the log is its network, unless whole ones are wanted', () => {
  expect(loggedEndpoint({ address: '203.0.113.9', port: 80 })).toBe('203.0.113.x');
  expect(loggedEndpoint({ address: '2001:db8:1:2::9', port: 80 })).toBe('2001:db8:1::x');
  // The /48 of a 6to4 address would show the whole IPv4 address.
  expect(loggedEndpoint({ address: '2002:cb00:7109::1', port: 80 })).toBe('203.0.113.x');
  expect(loggedEndpoint({ address: '203.0.113.9', port: 80 }, true)).toBe('203.0.113.9:80');
  expect(loggedEndpoint({ address: '2001:db8::9', port: 80 }, true)).toBe('[2001:db8::9]:80');
});

test('the log holds no share, nonce, token, client id or whole address', async () => {
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
  const server = await TestServer.start({ logger });
  const { a, b } = await server.pair();
  a.client.send({ t: 'done', outcome: 'punched' });
  b.client.socket.write(`{"t":"join","v":1,"share":"${b.join.share}\n`);
  await b.client.expect('error');
  const log = lines.join('');
  for (const what of ['listening', 'match', 'outcome', 'refused']) {
    expect(log).toContain(`"msg":"${what}"`);
  }
  for (const { share, nonce, client } of [a.join, b.join]) {
    for (const secret of [share, nonce, client]) {
      expect(log).not.toContain(secret);
    }
  }
  for (const secret of [b.opened.token, '127.0.0.1']) {
    expect(log).not.toContain(secret);
  }
});
