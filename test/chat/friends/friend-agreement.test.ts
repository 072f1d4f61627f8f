import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { FriendAgreement } from '../../../source/chat/friends/friend-agreement.ts';
import type { FriendKey } from '../../../source/connect/connect-options.ts';
import type { Role } from '../../../source/events.ts';
import type { FriendMessage } from '../../../source/protocol/friend/friend-message.ts';
import { eventually } from '../../helpers/eventually.ts';

interface SideOptions {
  readonly role: Role;
  /** Both sides of one session have the same. */
  readonly root?: string;
  readonly keep?: () => Promise<string>;
}

/** One side, with what it has said, told and stored. */
class Side {
  readonly told: unknown[] = [];
  readonly said: FriendMessage[] = [];
  readonly stored = new Map<string, string>();
  readonly agreement: FriendAgreement;
  other: Side | undefined;

  constructor({ role, root = 'root', keep }: SideOptions) {
    this.agreement = new FriendAgreement({
      send: (message) => {
        this.said.push(message);
        this.other?.agreement.heard(message);
      },
      key: async (own, peer): Promise<FriendKey> => {
        const [a, b] = role === 'a' ? [own, peer] : [peer, own];
        return { secret: createHash('sha256').update(root).update(a).update(b).digest(), role };
      },
      keep: async (key, name) => {
        const kept = (await keep?.()) ?? name;
        this.stored.set(Buffer.from(key.secret).toString('hex'), kept);
        return kept;
      },
      discard: async ({ secret }) => {
        this.stored.delete(Buffer.from(secret).toString('hex'));
      },
      tell: (event) => this.told.push(event),
    });
  }
}

function pair(a: Omit<SideOptions, 'role'> = {}, b: Omit<SideOptions, 'role'> = {}) {
  const sides = { a: new Side({ role: 'a', ...a }), b: new Side({ role: 'b', ...b }) };
  sides.a.other = sides.b;
  sides.b.other = sides.a;
  return sides;
}

test('both want it: both store the same secret, each under its own name', async () => {
  const { a, b } = pair();
  a.agreement.want('bob');
  expect(a.told).toEqual([{ state: 'asked', name: 'bob' }]);
  expect(b.told).toEqual([{ state: 'offered' }]);
  b.agreement.want('ada');
  await eventually(() => {
    expect(a.told.at(-1)).toEqual({ state: 'kept', name: 'bob' });
    expect(b.told.at(-1)).toEqual({ state: 'kept', name: 'ada' });
  });
  expect([...a.stored.keys()]).toEqual([...b.stored.keys()]);
  expect([...a.stored.values(), ...b.stored.values()]).toEqual(['bob', 'ada']);
});

test('nothing is stored as long as one side alone wants it', async () => {
  const { a, b } = pair();
  a.agreement.want('bob');
  a.agreement.want('robert');
  await new Promise(setImmediate);
  expect([a.stored.size, b.stored.size]).toEqual([0, 0]);
  expect(a.said.map(({ t }) => t)).toEqual(['offer']);
});

test('a side that does not have the same session proves nothing, and neither stores anything', async () => {
  const { a, b } = pair({ root: 'one' }, { root: 'another' });
  a.agreement.want('bob');
  b.agreement.want('ada');
  await eventually(() => {
    expect(a.told.at(-1)).toMatchObject({ state: 'failed' });
    expect(b.told.at(-1)).toMatchObject({ state: 'failed' });
  });
  expect([a.stored.size, b.stored.size]).toEqual([0, 0]);
});

test('our own proof, sent back, is not that of the peer', async () => {
  const a = new Side({ role: 'a' });
  a.agreement.want('bob');
  a.agreement.heard({ t: 'offer', nonce: 'A'.repeat(22) });
  await eventually(() => expect(a.said.at(-1)?.t).toBe('proof'));
  a.agreement.heard(a.said.at(-1)!);
  await eventually(() => expect(a.told.at(-1)).toMatchObject({ state: 'failed' }));
  expect(a.stored.size).toBe(0);
});

test('a proof before an offer, and answers that nobody has asked for, store and tell nothing', async () => {
  const a = new Side({ role: 'a' });
  for (const message of [
    { t: 'proof', proof: 'A'.repeat(43) },
    { t: 'kept' },
    { t: 'failed', reason: 'no' },
  ] satisfies FriendMessage[]) {
    a.agreement.heard(message);
  }
  await new Promise(setImmediate);
  expect(a.told).toEqual([]);
  expect(a.stored.size).toBe(0);
});

test('one side that cannot store it leaves no record on the other, which is told', async () => {
  const { a, b } = pair({}, { keep: () => Promise.reject(new Error('the disk is full')) });
  a.agreement.want('bob');
  b.agreement.want('ada');
  await eventually(() => {
    expect(a.told.at(-1)).toEqual({ state: 'failed', reason: 'the other side could not store it' });
    expect(b.told.at(-1)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('the disk is full'),
    });
  });
  await eventually(() => expect([a.stored.size, b.stored.size]).toEqual([0, 0]));
});

test('after a failure both can agree anew', async () => {
  let fails = true;
  const { a, b } = pair(
    {},
    { keep: () => (fails ? Promise.reject(new Error('no')) : Promise.resolve('ada')) },
  );
  a.agreement.want('bob');
  b.agreement.want('ada');
  await eventually(() => expect(a.told.at(-1)).toMatchObject({ state: 'failed' }));
  await eventually(() => expect(b.told.at(-1)).toMatchObject({ state: 'failed' }));
  fails = false;
  a.agreement.want('bob');
  b.agreement.want('ada');
  await eventually(() => {
    expect(a.told.at(-1)).toMatchObject({ state: 'kept' });
    expect(b.told.at(-1)).toMatchObject({ state: 'kept' });
  });
});

test('a session that ends before the peer has said that it keeps us: the record stays, and this is told', async () => {
  const a = new Side({ role: 'a' });
  const b = new Side({ role: 'b' });
  a.other = b;
  a.agreement.want('bob');
  b.agreement.want('ada');
  // Nothing but the offer and the proof of b come through.
  a.agreement.heard(b.said[0]!);
  await eventually(() => expect(b.said.map(({ t }) => t)).toContain('proof'));
  a.agreement.heard(b.said.find(({ t }) => t === 'proof')!);
  await eventually(() => expect(a.stored.size).toBe(1));
  a.agreement.end('the connection has ended');
  expect(a.told.at(-1)).toEqual({ state: 'failed', reason: 'the connection has ended', name: 'bob' });
  expect(a.stored.size).toBe(1);
});

test('offers without end tell the user a few times only', () => {
  const a = new Side({ role: 'a' });
  for (let n = 0; n < 100; n += 1) {
    a.agreement.heard({ t: 'offer', nonce: 'A'.repeat(22) });
    a.agreement.end('');
    a.agreement.heard({ t: 'failed' });
  }
  expect(a.told.length).toBeLessThanOrEqual(8);
});

test('that the peer has removed us is told', () => {
  const a = new Side({ role: 'a' });
  a.agreement.heard({ t: 'removed' });
  expect(a.told).toEqual([{ state: 'removed', by: 'peer' }]);
});
