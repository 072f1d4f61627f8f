/** The host's own machine as the place: the guest needs the invite, and nothing else in the world. */
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ChatOptions } from '../../../../source/chat/chat.ts';
import type { HostServer } from '../../../../source/connect/places/here/host-server.ts';
import { parseCode } from '../../../../source/protocol/code.ts';
import { serveHere, type ServeHereOptions } from '../../../../source/server/hosted/serve-here.ts';
import { RecordedChat } from '../../../helpers/chats/recorded-chat.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';

/** A chat that waits at this machine, and the way to it that a guest would take. */
async function waitingHost(options: Partial<ChatOptions> = {}, limits: ServeHereOptions['limits'] = {}) {
  expectNothingLeft();
  let server: HostServer | undefined;
  const host = new RecordedChat({
    // Neither this machine's network nor its router is told of a test.
    portMapping: false,
    here: {
      announced: false,
      port: 0,
      start: async (wanted) => {
        server = await serveHere({ ...wanted, limits });
        return server;
      },
    },
    ...options,
  });
  const { code } = await host.event('invite');
  await host.until(() => host.all('rendezvous').find(({ state }) => state === 'waiting'));
  const port = server?.port ?? 0;
  function guest(own: Partial<ChatOptions> = {}) {
    return new RecordedChat({ server: { host: '127.0.0.1', port }, code: parseCode(code), ...own });
  }
  return { host, guest, port };
}

function answers(port: number): Promise<'answered' | 'refused'> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('connect', () => resolve('answered'));
    socket.once('error', () => resolve('refused'));
    socket.once('connect', () => socket.destroy());
  });
}

describe('a host and its guest', () => {
  test('talk over the connection on which they have met', async () => {
    const { host, guest } = await waitingHost({ name: 'Ada' });
    const other = guest({ name: 'Bob' });
    const [atHost, atGuest] = await Promise.all([host.event('connected'), other.event('connected')]);
    expect([atHost.path, atGuest.path]).toEqual(['lan', 'lan']);
    expect([atHost.here, atGuest.here]).toEqual([true, true]);
    expect([atHost.peer.name, atGuest.peer.name]).toEqual(['Bob', 'Ada']);
    expect([atHost.remote, atGuest.remote]).toEqual([atGuest.local, atHost.local]);
    host.chat.send('from the host');
    other.chat.send('from the guest');
    await Promise.all([host.event('delivered'), other.event('delivered')]);
    expect([host.heard, other.heard]).toEqual([['from the guest'], ['from the host']]);
  });

  test('need no relay and no attempt', async () => {
    const { host, guest } = await waitingHost({ relay: 'never', attempts: 1 });
    const other = guest({ relay: 'never', attempts: 1 });
    await Promise.all([host.event('connected'), other.event('connected')]);
    expect([...host.all('attempt'), ...other.all('attempt')]).toEqual([]);
    expect([...host.all('relay'), ...other.all('relay')]).toEqual([]);
  });

  test('use an agreed code, and the invite names it', async () => {
    const code = parseCode('4711-velvet-orbit');
    const { host, guest } = await waitingHost({ code });
    expect(host.all('invite').map(({ code: told }) => told)).toEqual(['4711-velvet-orbit']);
    const other = guest();
    const [atHost] = await Promise.all([host.event('connected'), other.event('connected')]);
    expect(atHost.path).toBe('lan');
  });
});

/** Passes on what a guest says, until it asks for its connection to be handed over. */
async function startWithoutHandover(port: number, then: 'cut' | 'silence') {
  const listener = createServer((client) => {
    const upstream = dial(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', (chunk) => {
      if (!String(chunk).includes('"t":"relay"')) {
        upstream.write(chunk);
      } else if (then === 'cut') {
        upstream.destroy();
      }
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => void listener.close());
  return { host: '127.0.0.1', port: (listener.address() as AddressInfo).port };
}

describe('a host', () => {
  test.each([
    ['leaves before their connection is handed over', 'cut', {}, 'the guest has left'],
    [
      'never asks for their connection',
      'silence',
      { answerMs: 2000 },
      'The guest has not handed it over within 2 s',
    ],
  ] as const)('ends with 6 if its guest has proven the code, and %s', async (_what, then, waits, hint) => {
    const { host, guest, port } = await waitingHost({ waits });
    guest({ server: await startWithoutHandover(port, then) });
    expect(await host.end()).toEqual({ reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' });
    expect(host.all('error')[0]?.hint).toContain(hint);
  });

  test('closes its port with the chat', async () => {
    const { host, guest, port } = await waitingHost();
    const other = guest();
    await Promise.all([host.event('connected'), other.event('connected')]);
    other.chat.leave();
    await Promise.all([host.event('ended'), other.event('ended')]);
    await eventually(async () => expect(await answers(port)).toBe('refused'));
  });

  test('ends with 8 if its port is in use', async () => {
    const { port } = await waitingHost();
    const second = new RecordedChat({
      portMapping: false,
      here: { announced: false, port, start: serveHere },
    });
    expect(await second.end()).toEqual({ reason: 'failed', exit: 8, code: 'ERR_PORT_IN_USE' });
  });
});
