/** A match whose owner does not answer: its line was cut, and nobody has noticed. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Pulse } from '../../source/server/client/client-line.ts';
import { defaultLimits, type Limits } from '../../source/server/limits.ts';
import { joinMessage, TestServer } from '../helpers/servers/rendezvous-server.ts';

/** Room and held guest outlive each test. */
const kept: Partial<Limits> = { returnMs: 60_000, holdMs: 60_000 };

/** A guest in the room of an owner that reads nothing, so that it answers to nothing. */
async function unanswered(server: TestServer) {
  const owner = await server.opener();
  const guest = await server.connect();
  guest.send(joinMessage({ number: owner.number }));
  await guest.expect('matched');
  return { owner, guest };
}

describe('an owner that does not answer to a match', () => {
  test('is dropped, its guest may try the code again, and its room waits for it', async () => {
    const server = await TestServer.start({}, { ...kept, matchAnswerMs: 50 });
    const { owner, guest } = await unanswered(server);
    expect(await guest.expect('error')).toEqual({
      t: 'error',
      code: 'ERR_PEER_LEFT',
      message: 'your peer is away',
      again: true,
    });
    expect(await owner.client.closed).toMatchObject({ code: 'ECONNRESET' });
    const [back, next] = [await server.connect(), await server.connect()];
    next.send(joinMessage({ number: owner.number }), { t: 'ping' });
    await next.expect('pong');
    back.send(joinMessage({ number: owner.number, token: owner.opened.token }));
    expect((await back.expect('matched')).role).toBe('b');
    expect((await next.expect('matched')).role).toBe('a');
  });

  test('under an agreed code leaves the number to its guest', async () => {
    const server = await TestServer.start({}, { ...kept, matchAnswerMs: 50 });
    const [owner, guest] = [await server.connect(), await server.connect()];
    owner.send(joinMessage({ number: 4711 }));
    await owner.expect('waiting');
    guest.send(joinMessage({ number: 4711 }));
    await guest.expect('matched');
    expect(await guest.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT', again: true });
    const again = await server.connect();
    again.send(joinMessage({ number: 4711 }));
    await again.expect('waiting');
  });

  test('is another one than an owner that says anything', async () => {
    const server = await TestServer.start({}, { ...kept, matchAnswerMs: 1000 });
    const { a, b } = await server.pair();
    b.client.send({ t: 'pong' });
    const { guest } = await unanswered(server);
    // That match began later, so the time of the first one is over, too.
    await guest.expect('error');
    a.client.send({ t: 'candidate', sealed: 'AAAA' });
    expect((await b.client.expect('candidate')).sealed).toBe('AAAA');
  });
});

function demanding() {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
  });
  onTestFinished(() => void vi.useRealTimers());
  const told: string[] = [];
  const pulse = new Pulse(defaultLimits, {
    onMute: () => told.push('mute'),
    onPing: () => told.push('ping'),
    onSilent: () => told.push('silent'),
    onUnanswered: () => told.push('unanswered'),
  });
  pulse.heard();
  pulse.demand();
  return { pulse, told };
}

describe('an answer that is demanded', () => {
  test('is asked for at once, is late after 2 s, and is missed after 40 s', () => {
    const { pulse, told } = demanding();
    expect(told).toEqual(['ping']);
    vi.advanceTimersByTime(1900);
    expect(pulse.isOverdue).toBe(false);
    vi.advanceTimersByTime(200);
    expect(pulse.isOverdue).toBe(true);
    vi.advanceTimersByTime(37_800);
    expect(told).not.toContain('unanswered');
    vi.advanceTimersByTime(200);
    expect(told).toContain('unanswered');
    pulse.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('may be any line', () => {
    const { pulse, told } = demanding();
    vi.advanceTimersByTime(39_999);
    pulse.heard();
    expect(pulse.isOverdue).toBe(false);
    vi.advanceTimersByTime(60_000);
    expect(told).not.toContain('unanswered');
    pulse.stop();
  });
});
