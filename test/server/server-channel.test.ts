import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { serveHere } from '../../source/server/hosted/serve-here.ts';
import type { Log } from '../../source/server/log.ts';
import { publishedLog, serverChannel, type ServerHappening } from '../../source/server/server-channel.ts';
import { eventually } from '../helpers/eventually.ts';
import { joinMessage, TestServer } from '../helpers/servers/rendezvous-server.ts';
import { WireClient } from '../helpers/servers/wire-client.ts';

/** What comes on the channel until the test is over, of the server at this port. */
function listen(port: () => number) {
  const heard: ServerHappening[] = [];
  function hear(message: unknown) {
    const happening = message as ServerHappening;
    if (happening.port === port()) {
      heard.push(happening);
    }
  }
  subscribe(serverChannel, hear);
  onTestFinished(() => void unsubscribe(serverChannel, hear));
  return { heard, events: () => heard.map(({ event }) => event) };
}

test('it tells of a pair from the first to the last: came, opened, matched, relayed, left', async () => {
  const server = await TestServer.start();
  const { port } = server;
  const { heard, events } = listen(() => port);
  const { a, b } = await server.pair();
  const session = a.matched.session;
  a.client.send({ t: 'relay' });
  b.client.send({ t: 'relay' });
  await Promise.all([a.client.expect('relaying'), b.client.expect('relaying')]);
  a.client.socket.destroy();
  b.client.socket.destroy();
  await eventually(() => expect(events().filter((event) => event === 'left')).toHaveLength(2));
  const from = '127.0.0.x';
  expect(heard.filter(({ event }) => event !== 'left')).toEqual([
    { port, event: 'came', from },
    { port, event: 'opened', from, number: b.number },
    { port, event: 'came', from },
    { port, event: 'matched', session, a: from, b: from },
    { port, event: 'relayed', session, a: from, b: from },
    { port, event: 'relayOver', session, outcome: 'closed', bytes: 0, ms: expect.any(Number) },
  ]);
});

test('it tells how a match ends, and of whole addresses if the log may', async () => {
  const server = await TestServer.start({ logAddresses: true });
  const { port } = server;
  const { heard } = listen(() => port);
  const { a } = await server.pair();
  a.client.send({ t: 'done', outcome: 'punched' });
  await eventually(() =>
    expect(heard.at(-1)).toEqual({
      port,
      event: 'outcome',
      from: `127.0.0.1:${a.client.port}`,
      session: a.matched.session,
      outcome: 'punched',
    }),
  );
});

test('it tells of two classic clients', async () => {
  const server = await TestServer.start({}, { classicSilenceMs: 1 });
  const { port } = server;
  const { heard } = listen(() => port);
  await Promise.all([server.connect(), server.connect()]);
  await eventually(() => expect(heard).toEqual([{ port, event: 'matched', a: '127.0.0.x', b: '127.0.0.x' }]));
});

test('it tells of a client that is turned away, and of one that is refused', async () => {
  const server = await TestServer.start({}, { maxConnections: 1 });
  const { port } = server;
  const { heard } = listen(() => port);
  const client = await server.connect();
  client.send({ t: 'ping' });
  await client.expect('pong');
  const turnedAway = await server.connect();
  expect((await turnedAway.expect('error')).code).toBe('ERR_RENDEZVOUS_REFUSED');
  client.send(joinMessage({ number: 17 }));
  const { message } = await client.expect('error');
  const from = '127.0.0.x';
  expect(heard).toEqual([
    { port, event: 'came', from },
    { port, event: 'refused', from, reason: 'connections' },
    { port, event: 'refused', from, reason: message },
  ]);
});

test('it tells of the server inside a program, too', async () => {
  const server = await serveHere({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close());
  const { events } = listen(() => server.port);
  const client = await WireClient.connect(server.port);
  client.send({ t: 'ping' });
  await client.expect('pong');
  client.socket.destroy();
  await eventually(() => expect(events()).toEqual(['came', 'left']));
});

test('while nobody subscribes, the log gets its records, and no message is made', () => {
  const records: unknown[][] = [];
  function line(...record: unknown[]) {
    records.push(record);
  }
  const log: Log = { debug: line, info: line, warn: line, error: line };
  let asked = 0;
  const published = publishedLog(log, () => {
    asked += 1;
    return 1;
  });
  published.debug({ from: 'x' }, 'came');
  published.info('closed');
  published.warn({ from: 'x' }, 'slow');
  published.error('broken');
  expect(records).toEqual([[{ from: 'x' }, 'came'], ['closed'], [{ from: 'x' }, 'slow'], ['broken']]);
  expect(asked).toBe(0);
  const { heard } = listen(() => 1);
  published.debug({ from: 'x' }, 'came');
  published.debug({ from: 'x' }, 'of no interest');
  expect(heard).toEqual([{ port: 1, event: 'came', from: 'x' }]);
});
