import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseInvite } from '../../../source/protocol/invite.ts';
import { RecordedChat } from '../../helpers/chats/recorded-chat.ts';
import { eventually } from '../../helpers/eventually.ts';
import { trustCertificate } from '../../helpers/servers/certificates.ts';
import { nginxAddress, nginxBefore } from '../../helpers/servers/nginx.ts';
import { joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { ask, overWebSocket } from '../../helpers/servers/web-client.ts';

const behindNginx = { forwarded: [`${nginxAddress}/32`] };

test('behind nginx, as the manual sets it up, two meet, know where each is seen, and are relayed', async (context) => {
  const server = await TestServer.start(behindNginx, { relayBytesPerSecond: Infinity });
  const port = await nginxBefore(server.port, context);
  const { client: one } = await overWebSocket({ port }, true, { localAddress: '127.0.0.7' });
  const { client: other } = await overWebSocket({ port }, true, { localAddress: '127.0.0.8' });
  one.send(joinMessage({ number: 4711 }));
  expect((await one.expect('waiting')).you).toMatchObject({ address: '127.0.0.7' });
  other.send(joinMessage({ number: 4711 }));
  expect((await other.expect('matched')).peer.mapped).toMatchObject({ address: '127.0.0.7' });
  expect((await one.expect('matched')).peer.mapped).toMatchObject({ address: '127.0.0.8' });
  one.send({ t: 'relay' });
  other.send({ t: 'relay' });
  await Promise.all([one.expect('relaying'), other.expect('relaying')]);
  const before = other.received.length;
  for (let n = 0; n < 100; n += 1) {
    one.socket.write(Buffer.alloc(60_000, n));
  }
  await eventually(() => expect(other.received.length - before).toBe(6_000_000));
  expect(other.received.at(-1)).toBe(99);
  one.socket.end();
  expect(await other.closed).toBe('end');
});

test('other paths of nginx are its own', async (context) => {
  const server = await TestServer.start(behindNginx);
  const port = await nginxBefore(server.port, context);
  expect(await ask({ port }, true, '/healthz')).toMatchObject({ status: 404 });
});

test('two chats meet behind nginx, and each is dialled where nginx has seen it', async (context) => {
  const certificate = fileURLToPath(new URL('../../helpers/servers/certificate.pem', import.meta.url));
  trustCertificate({ certificate }, context);
  const server = await TestServer.start(behindNginx, { returnMs: 60_000 });
  const port = await nginxBefore(server.port, context);
  const options = { server: { https: { host: 'localhost', port } }, family: 4, lan: false } as const;
  const first = new RecordedChat(options);
  const { invite } = await first.event('invite');
  await first.until(() => first.all('rendezvous').find(({ state }) => state === 'waiting'));
  const second = new RecordedChat({ ...options, code: parseInvite(invite).code });
  const [one, other] = await Promise.all([first.event('connected'), second.event('connected')]);
  expect([one.path, other.path]).toEqual(['lan', 'lan']);
  expect(one.remote).toMatchObject({ address: '127.0.0.1' });
  first.say('hello');
  await second.until(() => second.heard[0]);
});
