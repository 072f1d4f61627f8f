/** A place where two friends meet, and which reads, keeps, repeats and compares all that it gets. */
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { friendRoom } from '../../../source/connect/keys/friend-keys.ts';
import type { ClientMessage, MessageOf } from '../../../source/protocol/rendezvous-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import { DAY_MS, friendMeeting, noon, sharedSecret } from '../../helpers/friends/friend-meeting.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { Middle } from '../../helpers/strangers/middle.ts';

/** All that friends have said to the place, by the side that said it. */
async function startListening(server: TestServer) {
  const said: { readonly n: number; readonly message: ClientMessage }[] = [];
  const middle = await Middle.start(server, {
    fromVictim: (message, { n }) => {
      said.push({ n, message });
      return message;
    },
  });
  return { middle, said };
}

function isJoin(message: ClientMessage): message is MessageOf<ClientMessage, 'join'> {
  return message.t === 'join';
}

function waits({ states }: ReturnType<typeof friendMeeting>) {
  return states().filter((state) => state === 'waiting').length;
}

test('what the place has kept of one side opens nothing at another meeting, and ends nothing', async () => {
  const server = await TestServer.start();
  const { middle, said } = await startListening(server);
  const before = [friendMeeting(middle, { role: 'a' }), friendMeeting(middle, { role: 'b' })];
  const [first] = await Promise.all(before.map(({ met }) => met));
  const kept = said.filter(({ n }) => said.some((one) => one.n === n && isB(one.message)));
  expect(kept.map(({ message }) => message.t)).toEqual(expect.arrayContaining(['join', 'candidate']));

  const a = friendMeeting(server, { role: 'a' });
  await eventually(() => expect(waits(a)).toBe(1));
  const replaying = await server.connect();
  for (const { message } of kept) {
    replaying.send(message);
  }
  // What it repeats does not open, so the visit ends. It stays in the room, and may be met there once more.
  await eventually(() => expect(a.states().filter((state) => state === 'connecting')).toHaveLength(2));
  expect(a.states()).toContain('matched');
  const b = friendMeeting(server, { role: 'b' });
  const [one, other] = await Promise.all([a.met, b.met]);
  expect(one.keys).toEqual(other.keys);
  expect(one.keys.root).not.toEqual(first?.keys.root);
});

function isB(message: ClientMessage): boolean {
  return isJoin(message) && 'slot' in message && message.slot === 'b';
}

test('the own seals of a side, sent back to it, open nothing', async () => {
  const server = await TestServer.start();
  const { middle, said } = await startListening(server);
  const a = friendMeeting(middle, { role: 'a' });
  await eventually(() => expect(waits(a)).toBe(1));
  const own = said.flatMap(({ message }) => (isJoin(message) ? [message] : []));
  const [join] = own;
  const mirror = await server.connect();
  mirror.send({
    t: 'join',
    v: 1,
    client: randomBytes(16).toString('base64url'),
    room: Buffer.from(friendRoom(sharedSecret, 20_000)).toString('base64url'),
    slot: 'b',
    nonce: join?.nonce ?? '',
    rttMs: 1,
  });
  const seals = await eventually(() => {
    const sent = said.filter(({ message }) => message.t === 'candidate');
    expect(sent.length).toBeGreaterThan(0);
    return sent;
  });
  for (const { message } of seals) {
    mirror.send(message);
  }
  await eventually(() => expect(waits(a)).toBe(2));
  expect(a.states()).not.toContain('connected');
});

/** Every text in the messages that is long enough to tell a friend from another one. */
function marksIn(messages: readonly { readonly message: ClientMessage }[]): ReadonlySet<string> {
  return new Set(JSON.stringify(messages).match(/[\w-]{12,}/g) ?? []);
}

test('nothing that friends say on one day is said on another one', async () => {
  const server = await TestServer.start();
  const { middle, said } = await startListening(server);
  const days: ReadonlySet<string>[] = [];
  for (const day of [0, 1]) {
    const from = said.length;
    function now() {
      return noon + day * DAY_MS;
    }
    await Promise.all((['a', 'b'] as const).map((role) => friendMeeting(middle, { role, now }).met));
    days.push(marksIn(said.slice(from)));
  }
  const [one = new Set(), other = new Set()] = days;
  expect(one.size).toBeGreaterThan(5);
  expect([...one].filter((mark) => other.has(mark))).toEqual([]);
});

test('a friend who waits past midnight comes to the new room as somebody else', async () => {
  const server = await TestServer.start();
  const { middle, said } = await startListening(server);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let today = noon;
  const a = friendMeeting(middle, { role: 'a', now: () => today });
  await eventually(() => expect(waits(a)).toBe(1));
  today += DAY_MS;
  vi.advanceTimersByTime(60_000);
  await eventually(() => expect(waits(a)).toBe(2));
  const joins = said.filter(({ message }) => isJoin(message));
  expect(new Set(joins.map(({ n }) => n)).size).toBe(2);
  const [one, other] = joins.map((join) => marksIn([join]));
  expect([...(one ?? [])].filter((mark) => other?.has(mark))).toEqual([]);
});
