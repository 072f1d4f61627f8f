import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseCode, type Code } from '../../../../source/protocol/code.ts';
import { createShare } from '../../../../source/connect/keys/cpace.ts';
import type { ChatOptions } from '../../../../source/chat/chat.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { reach, RecordedChat, waitingChat } from '../../../helpers/chats/recorded-chat.ts';
import { joinMessage, TestServer } from '../../../helpers/servers/rendezvous-server.ts';

function waitingTimes(chat: RecordedChat, times: number) {
  return chat.until(() => chat.all('rendezvous').filter(({ state }) => state === 'waiting')[times - 1]);
}

/** A server that goes down while a client waits there, and then another one on its ports. */
async function restarted(how: 'close' | 'destroy', options: Partial<ChatOptions> = {}) {
  expectNothingLeft();
  const first = await TestServer.start({}, { retryMs: 20 });
  const { waiting, code } = await waitingIn(first, options);
  const ports = { port: first.port, probePort: first.probePort };
  if (how === 'close') {
    await first.close();
  } else {
    first.destroy();
  }
  await waiting.until(() => waiting.all('rendezvous').find(({ state }) => state === 'closed'));
  return { waiting, code, start: () => TestServer.start(ports), ports };
}

async function waitingIn(
  server: TestServer,
  options: Partial<ChatOptions>,
): Promise<{ waiting: RecordedChat; code: Code }> {
  if (options.code === undefined) {
    return waitingChat(server, options);
  }
  const waiting = new RecordedChat({ ...reach(server), ...options });
  await waitingTimes(waiting, 1);
  return { waiting, code: options.code };
}

describe('a waiting client whose server', () => {
  test.each([
    ['drains and comes back', 'close', undefined],
    ['dies and comes back', 'destroy', undefined],
    ['dies and comes back, under an own code', 'destroy', parseCode('4711-velvet-orbit')],
  ] as const)('%s keeps its code', async (_, how, ownCode) => {
    const { waiting, code, start } = await restarted(how, { code: ownCode });
    const server = await start();
    await waitingTimes(waiting, 2);
    const cameAt = performance.now();
    const guest = new RecordedChat({ ...reach(server), code });
    const [connected] = await Promise.all([waiting.event('connected'), guest.event('connected')]);
    // The time that it waited before is not counted.
    expect(connected.ms).toBeLessThanOrEqual(Math.ceil(performance.now() - cameAt));
    expect(waiting.all('invite')).toHaveLength(ownCode === undefined ? 1 : 0);
    expect(waiting.all('error')).toEqual([]);
    const states = waiting.all('rendezvous').map(({ state }) => state);
    expect(states.slice(0, 3)).toEqual(['connecting', 'waiting', 'closed']);
    expect(states.slice(-4)).toEqual(['connecting', 'waiting', 'matched', 'closed']);
  });

  test('does not come back ends with exit 3, when it is given up', async () => {
    const { waiting } = await restarted('destroy', { giveUpMs: 1 });
    expect(await waiting.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
  });

  test('does not come back waits no longer than it was told to', async () => {
    const { waiting } = await restarted('destroy', { waitMs: 500 });
    expect(await waiting.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_WAIT_EXPIRED' });
  });

  test('comes back and has given its number away ends with exit 4, and meets no stranger', async () => {
    const { waiting, code, start } = await restarted('destroy');
    const server = await start();
    const stranger = await server.opener();
    expect(stranger.number).toBe(code.number);
    expect(await waiting.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_NO_SUCH_ROOM' });
    expect(waiting.all('error')[0]?.hint).toContain('Open a new room');
    expect(waiting.all('peer')).toEqual([]);
  });

  test('is gone can be interrupted at once', async () => {
    const { waiting } = await restarted('destroy');
    waiting.chat.interrupt(130);
    expect(await waiting.event('ended')).toMatchObject({ reason: 'interrupted', exit: 130 });
  });
});

async function strangersShare(number: number): Promise<string> {
  const { share } = createShare({
    password: 'x-y',
    channelId: 'punchline/1',
    sessionId: String(number),
    random: randomBytes(64),
  });
  return Buffer.from(share).toString('base64url');
}

test('a server that goes down in the middle of a match is met again, with another share, as long as no key was tried', async () => {
  expectNothingLeft();
  const first = await TestServer.start();
  const { waiting, code } = await waitingChat(first, { waits: { graceMs: 50 } });
  const stranger = await first.connect();
  stranger.send(joinMessage({ number: code.number, share: await strangersShare(code.number) }));
  const before = await stranger.expect('matched');
  await waiting.event('peer');
  const ports = { port: first.port, probePort: first.probePort };
  first.destroy();
  await waiting.until(() => waiting.all('rendezvous').filter(({ state }) => state === 'connecting')[1]);
  const server = await TestServer.start(ports, { returnMs: 60_000 });
  await waitingTimes(waiting, 2);
  const other = await server.connect();
  other.send(joinMessage({ number: code.number, share: await strangersShare(code.number) }));
  expect((await other.expect('matched')).peer.share).not.toBe(before.peer.share);
  other.socket.destroy();
  await waitingTimes(waiting, 3);
  const guest = new RecordedChat({ ...reach(server), code });
  await Promise.all([waiting.event('connected'), guest.event('connected')]);
  expect(waiting.all('error')).toEqual([]);
});

test('a server that goes down in the middle of a match is not met again once a key was tried', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  const { waiting, code } = await waitingChat(server, { waits: { graceMs: 50 } });
  const stranger = await server.connect();
  stranger.send(joinMessage({ number: code.number, share: await strangersShare(code.number) }));
  await stranger.expect('matched');
  await waiting.event('peer');
  stranger.send({ t: 'candidate', sealed: 'AAAA' });
  await stranger.expect('candidate');
  server.destroy();
  expect(await waiting.end()).toMatchObject({ exit: 5, code: 'ERR_WRONG_CODE' });
  expect(waiting.all('rendezvous').filter(({ state }) => state === 'connecting')).toHaveLength(1);
});
