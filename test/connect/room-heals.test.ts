/** The line of the side that waits is cut in silence while its guest comes. Both are told the same, and the room heals. */
import { describe, expect, test } from 'vitest';
import type { ChatOptions } from '../../source/chat/chat.ts';
import type { Limits } from '../../source/server/limits.ts';
import { parseCode, type Code } from '../../source/protocol/code.ts';
import { parseInvite } from '../../source/protocol/invite.ts';
import { eventually } from '../helpers/eventually.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { reach, RecordedChat } from '../helpers/chats/recorded-chat.ts';
import { startCuttableServer } from '../helpers/sessions/cuttable-server.ts';

const stays = 'While it still waits, the code stays good';

function waitingTimes(chat: RecordedChat, times: number) {
  return chat.until(() => chat.all('rendezvous').filter(({ state }) => state === 'waiting')[times - 1]);
}

/** A side that waits behind a line that can be cut. Its guests reach the server without that line. */
async function waitingBehindLine(limits: Partial<Limits>, options: Partial<ChatOptions> = {}) {
  expectNothingLeft();
  const line = await startCuttableServer({ matchAnswerMs: 1000, returnMs: 60_000, ...limits });
  const { probePort } = reach(line.server);
  const waiting = new RecordedChat({ server: line.options.server, probePort, ...options });
  await waitingTimes(waiting, 1);
  const code = options.code ?? parseInvite(waiting.all('invite')[0]?.invite ?? '').code;
  function guest(own: Code = code) {
    return new RecordedChat({ ...reach(line.server), code: own });
  }
  return { line, waiting, guest };
}

describe('a side that waits on a line that is cut', () => {
  test('keeps its code: its guest is told so, and the next one connects', async () => {
    const { line, waiting, guest } = await waitingBehindLine({});
    line.cut();
    const first = guest();
    expect(await first.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' });
    expect(first.all('error')[0]?.hint).toContain(stays);
    line.mend();
    await waitingTimes(waiting, 2);
    // What the server had said of the first guest has not reached it.
    expect(waiting.all('peer')).toEqual([]);
    const second = guest();
    await Promise.all([second.event('connected'), waiting.event('connected')]);
    expect(waiting.all('error')).toEqual([]);
    expect(waiting.all('invite')).toHaveLength(1);
  });

  test('is expected for a while: its next guest is held, and then told the same', async () => {
    const { line, waiting, guest } = await waitingBehindLine({ holdMs: 100 });
    line.cut();
    await guest().end();
    const second = guest();
    expect(await second.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_NO_SUCH_ROOM' });
    expect(second.all('error')[0]?.hint).toContain(stays);
    line.mend();
    await waitingTimes(waiting, 2);
  });

  test('is met by a guest that is held until it is back', async () => {
    const { line, waiting, guest } = await waitingBehindLine({ holdMs: 60_000 });
    line.cut();
    await guest().end();
    const second = guest();
    await eventually(() => expect(line.server.counts().seats).toBe(1));
    line.mend();
    await Promise.all([second.event('connected'), waiting.event('connected')]);
  });

  test('connects to its guest if the line is back before the server gives it up', async () => {
    const { line, waiting, guest } = await waitingBehindLine({ matchAnswerMs: 60_000 });
    line.cut();
    const first = guest();
    await first.until(() => first.all('rendezvous').find(({ state }) => state === 'matched'));
    line.mend();
    await Promise.all([first.event('connected'), waiting.event('connected')]);
    expect(waiting.all('rendezvous').filter(({ state }) => state === 'waiting')).toHaveLength(1);
  });

  test('and that comes back too late has lost its code, and so has its guest', async () => {
    const { line, waiting, guest } = await waitingBehindLine({ returnMs: 1 });
    line.cut();
    await guest().end();
    await eventually(() => expect(line.server.counts().rooms).toBe(0));
    const second = guest();
    expect(await second.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_NO_SUCH_ROOM' });
    expect(second.all('error')[0]?.hint).not.toContain('stays good');
    line.mend();
    expect(await waiting.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_NO_SUCH_ROOM' });
    expect(waiting.all('error')[0]?.hint).toContain('not valid any more');
  });

  test('finds the room of an own code again, where its guest waits by then', async () => {
    const { line, waiting, guest } = await waitingBehindLine({}, { code: parseCode('4711-velvet-orbit') });
    line.cut();
    const first = guest();
    expect(await first.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' });
    expect(first.all('error')[0]?.hint).toContain(stays);
    const second = guest();
    await waitingTimes(second, 1);
    line.mend();
    await Promise.all([second.event('connected'), waiting.event('connected')]);
    expect(waiting.all('error')).toEqual([]);
  });
});
