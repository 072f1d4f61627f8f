/** Friends who meet at a real rendezvous, with clocks of their own, and those who come there in their place. */
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { friendRoom } from '../../../source/connect/keys/friend-keys.ts';
import { PunchlineError } from '../../../source/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import {
  DAY_MS,
  friendMeeting as meeting,
  noon,
  sharedSecret as secret,
} from '../../helpers/friends/friend-meeting.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

test('two who have the secret meet in the roles that they have kept, and get keys of their own', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  const a = meeting(server, { role: 'a' });
  const b = meeting(server, { role: 'b' });
  const [one, other] = await Promise.all([a.met, b.met]);
  expect([one.role, other.role]).toEqual(['a', 'b']);
  expect(one.keys).toEqual(other.keys);
  expect([one.takesFriends, other.takesFriends]).toEqual([true, true]);
  const again = await Promise.all([meeting(server, { role: 'a' }).met, meeting(server, { role: 'b' }).met]);
  expect(again[0].keys.root).not.toEqual(one.keys.root);
});

test.each<{ away: string; b: number }>([
  { away: 'a day ahead', b: 1 },
  { away: 'a day behind', b: -1 },
])('a friend whose clock is $away is met, whoever came first', async ({ b: days }) => {
  expectNothingLeft();
  const server = await TestServer.start();
  function shifted() {
    return noon + days * DAY_MS;
  }
  for (const first of ['a', 'b'] as const) {
    // The one who waits has looked around already, and the one who comes looks at once.
    const waiting = meeting(server, {
      role: first,
      ...(first === 'b' && { now: shifted }),
      waits: { otherDayMs: 1e9 },
    });
    await eventually(() => expect(waiting.states()).toContain('waiting'));
    const coming = meeting(server, {
      role: first === 'a' ? 'b' : 'a',
      ...(first === 'a' && { now: shifted }),
      waits: { otherDayMs: 0 },
    });
    const [one, other] = await Promise.all([waiting.met, coming.met]);
    expect(one.keys).toEqual(other.keys);
  }
});

test('two who look for each other on both days at once meet once', async () => {
  const server = await TestServer.start();
  for (let n = 0; n < 10; n += 1) {
    const a = meeting(server, { role: 'a', waits: { otherDayMs: n } });
    const b = meeting(server, { role: 'b', now: () => noon + DAY_MS, waits: { otherDayMs: 10 - n } });
    const [one, other] = await Promise.all([a.met, b.met]);
    expect(one.keys).toEqual(other.keys);
  }
});

test('a friend whose clock is two days off is not met, and the wait ends', async () => {
  const server = await TestServer.start();
  const options = { waits: { otherDayMs: 0 }, waitMs: 3000 };
  const a = meeting(server, { role: 'a', ...options });
  const b = meeting(server, { role: 'b', now: () => noon + 2 * DAY_MS, ...options });
  for (const { met } of [a, b]) {
    await expect(met).rejects.toMatchObject({ code: 'ERR_WAIT_EXPIRED' });
  }
});

test('at midnight we move to the room of the new day', async () => {
  const server = await TestServer.start();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let ours = noon;
  const a = meeting(server, { role: 'a', now: () => ours });
  await eventually(() => expect(a.states()).toContain('waiting'));
  ours += DAY_MS;
  vi.advanceTimersByTime(60_000);
  await eventually(() => expect(a.states().filter((state) => state === 'waiting')).toHaveLength(2));
  const b = meeting(server, { role: 'b', now: () => noon + DAY_MS });
  const [one, other] = await Promise.all([a.met, b.met]);
  expect(one.keys).toEqual(other.keys);
});

test('a stranger who knows the room but not the secret ends nothing, and the friend is met', async () => {
  const server = await TestServer.start();
  const a = meeting(server, { role: 'a' });
  await eventually(() => expect(a.states()).toContain('waiting'));
  // The place knows the room, and whoever is told by it may come.
  const stranger = meeting(server, { role: 'b', key: { secret: randomBytes(32), role: 'b' } });
  await eventually(() => expect(stranger.states()).toContain('waiting'));
  const visitor = await server.connect();
  const room = Buffer.from(friendRoom(secret, 20_000)).toString('base64url');
  visitor.send({
    t: 'join',
    v: 1,
    client: randomBytes(16).toString('base64url'),
    room,
    slot: 'b',
    nonce: randomBytes(16).toString('base64url'),
    rttMs: 1,
  });
  await eventually(() => expect(a.states()).toContain('matched'));
  visitor.send({ t: 'candidate', sealed: randomBytes(100).toString('base64url') });
  await eventually(() =>
    expect(a.states().lastIndexOf('waiting')).toBeGreaterThan(a.states().indexOf('matched')),
  );
  visitor.socket.destroy();
  const b = meeting(server, { role: 'b' });
  const [one, other] = await Promise.all([a.met, b.met]);
  expect(one.keys).toEqual(other.keys);
});

test('two who want different things end with that, each', async () => {
  const server = await TestServer.start();
  const a = meeting(server, { role: 'a', mode: 'chat' });
  const b = meeting(server, { role: 'b', mode: 'pipe' });
  for (const { met } of [a, b]) {
    await expect(met).rejects.toMatchObject({ code: 'ERR_MODE_MISMATCH' });
  }
});

test('a place that cannot be reached is told at once', async () => {
  const server = await TestServer.start();
  await server.close();
  await expect(meeting(server, { role: 'a' }).met).rejects.toBeInstanceOf(PunchlineError);
});

test('a place that goes while we wait is visited again', async () => {
  const first = await TestServer.start();
  const { port, probePort } = first;
  const a = meeting(first, { role: 'a' });
  await eventually(() => expect(a.states()).toContain('waiting'));
  await first.close();
  const server = await TestServer.start({ port, probePort });
  await eventually(() => expect(a.states().filter((state) => state === 'waiting')).toHaveLength(2));
  const b = meeting(server, { role: 'b' });
  await Promise.all([a.met, b.met]);
});
