/**
 * What a meeting does at every place. A place that is tested names how it is started, and what it defines for itself:
 * whether a room is armed again after a guest that vanished.
 */
import { describe, expect, test, type TestContext } from 'vitest';
import type { ChatOptions } from '../../../source/chat/chat.ts';
import type { Code } from '../../../source/protocol/code.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import type { PlaceKind } from '../../../source/events.ts';
import { RecordedChat } from '../../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';

type Reach = Pick<ChatOptions, 'server'> & Partial<ChatOptions>;

export interface StartedPlace {
  /** With these options a chat reaches the place. */
  readonly reach: Reach;
  /** The same over a line that can be cut. */
  readonly overLine: Reach;
  /** Closes all connections over the line, those through the relay included. New ones are taken. */
  readonly drop: () => void;
  /** A stranger enters the room of this number, is matched, and goes without a word. */
  readonly vanish: (number: number) => Promise<void>;
}

export interface PlaceUnderTest {
  readonly kind: PlaceKind;
  /** Starts it for one test. Skips the test, with a reason, if this machine has no such server. */
  readonly start: (context: TestContext) => Promise<StartedPlace>;
  /** What becomes of a room whose guest has vanished. */
  readonly afterVanishing: 'waits again' | 'is spent';
}

const ownCode = parseCode('1234-velvet-orbit');
/** So short that a test can wait for it. */
const waits = { graceMs: 200, sealMs: 2000 };

function start({ reach }: Pick<StartedPlace, 'reach'>, options: Partial<ChatOptions> = {}) {
  return new RecordedChat({ waits, ...reach, ...options });
}

function untilWaiting(chat: RecordedChat, nth = 0) {
  return chat.until(() => chat.all('rendezvous').filter(({ state }) => state === 'waiting')[nth]);
}

/** A chat that has opened a room and waits in it. */
async function opened(place: Pick<StartedPlace, 'reach'>, options: Partial<ChatOptions> = {}) {
  const chat = start(place, options);
  const { code } = await chat.event('invite');
  await untilWaiting(chat);
  return { chat, code: parseCode(code) };
}

async function untilConnected(...chats: readonly RecordedChat[]) {
  return Promise.all(chats.map((chat) => chat.event('connected')));
}

function roles(...chats: readonly RecordedChat[]) {
  return chats.map((chat) => chat.all('peer')[0]?.role);
}

/** Each says something, and the other hears it. */
async function talk(one: RecordedChat, other: RecordedChat, word: string) {
  for (const [speaker, listener] of [
    [one, other],
    [other, one],
  ] as const) {
    speaker.chat.send(word);
    await listener.until(() => (listener.heard.at(-1) === word ? true : undefined));
  }
}

export function describePlace({ kind, start: startPlace, afterVanishing }: PlaceUnderTest): void {
  describe(`at the place ${kind}`, () => {
    test('one opens a room, the other comes with its code, and they talk', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      const { chat: b, code } = await opened(place);
      const a = start(place, { code });
      await untilConnected(a, b);
      expect(roles(a, b)).toEqual(['a', 'b']);
      await talk(a, b, 'hello');
      a.chat.leave();
      expect(await a.end()).toEqual({ reason: 'quit', exit: 0 });
      expect(await b.end()).toEqual({ reason: 'peer-left', exit: 0 });
      for (const chat of [a, b]) {
        const events = chat.all('rendezvous');
        expect(new Set(events.map((event) => event.place))).toEqual(new Set([kind]));
        expect(events.at(-1)?.state).toBe('closed');
      }
    });

    test('two with a code of their own meet, one after the other', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      const first = start(place, { code: ownCode });
      await untilWaiting(first);
      const second = start(place, { code: ownCode });
      await untilConnected(first, second);
      expect(new Set(roles(first, second))).toEqual(new Set(['a', 'b']));
      await talk(first, second, 'hello');
    });

    test('two with a code of their own meet if they come at once', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      const pair = [start(place, { code: ownCode }), start(place, { code: ownCode })] as const;
      await untilConnected(...pair);
      expect(new Set(roles(...pair))).toEqual(new Set(['a', 'b']));
      await talk(...pair, 'hello');
    });

    test('a wrong word ends both with exit 5', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      const { chat: b, code } = await opened(place);
      const wrong: Code = { ...code, words: ['zebra', 'zebra'] };
      const a = start(place, { code: wrong });
      for (const side of [a, b]) {
        expect(await side.end()).toEqual({ reason: 'failed', exit: 5, code: 'ERR_WRONG_CODE' });
        expect(side.all('connected')).toEqual([]);
      }
    });

    test('a number under which nobody waits ends with exit 4', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      const chat = start(place, { code: parseCode('7-velvet-orbit') });
      expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_NO_SUCH_ROOM' });
    });

    test('a third side with the code of a room that has two ends with exit 4, and disturbs nobody', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      // Nothing connects these two, so that they stay in the room for some seconds.
      const options = { lan: false, freshPort: true, relay: 'never', attempts: 2 } as const;
      const { chat: b, code } = await opened(place, options);
      const a = start(place, { ...options, code });
      await Promise.all([a.event('peer'), b.event('peer')]);
      const third = start(place, { code });
      expect(await third.end()).toMatchObject({ exit: 4 });
      for (const side of [a, b]) {
        expect(await side.end()).toEqual({ reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' });
      }
    });

    test('nobody who comes in time ends the wait with exit 4', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      const chat = start(place, { waitMs: 60 });
      expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_WAIT_EXPIRED' });
      expect(chat.all('invite')).toHaveLength(1);
    });

    test(`a room whose guest vanishes ${afterVanishing}`, async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      const { chat: b, code } = await opened(place);
      await place.vanish(code.number);
      const outcome =
        afterVanishing === 'waits again'
          ? await untilWaiting(b, 1).then(() => untilConnected(start(place, { code }), b))
          : await b.end();
      expect(outcome).toMatchObject(
        afterVanishing === 'waits again' ? {} : { reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' },
      );
      expect(b.all('invite')).toHaveLength(1);
    });

    test('the one who waits comes back to its room after a cut, and is met there', async (context) => {
      expectNothingLeft();
      const { overLine: reach, drop } = await startPlace(context);
      const { chat: b, code } = await opened({ reach });
      drop();
      await untilWaiting(b, 1);
      const a = start({ reach }, { code });
      await untilConnected(a, b);
      expect(roles(a, b)).toEqual(['a', 'b']);
      expect(b.all('invite')).toHaveLength(1);
    });

    test('a session whose relay is cut resumes, loses nothing, and does so again', async (context) => {
      expectNothingLeft();
      const { overLine: reach, drop } = await startPlace(context);
      const options = { code: ownCode, relay: 'always' } as const;
      const [one, other] = [start({ reach }, options), start({ reach }, options)];
      const connected = await untilConnected(one, other);
      expect(connected.map(({ path }) => path)).toEqual(['relay', 'relay']);
      await talk(one, other, 'before');
      for (const nth of [1, 2]) {
        drop();
        one.chat.send(`during ${nth}`);
        await Promise.all([one.event('resumed', nth), other.event('resumed', nth)]);
        await talk(one, other, `after ${nth}`);
      }
      expect(other.heard).toEqual(['before', 'during 1', 'after 1', 'during 2', 'after 2']);
      expect(one.heard).toEqual(['before', 'after 1', 'after 2']);
    });

    test('a session on the relay moves to a better path in the background', async (context) => {
      expectNothingLeft();
      const place = await startPlace(context);
      // The dials of the first meeting leave from ports that nobody knows. Those of the round do not.
      const options = { code: ownCode, lan: false, freshPort: true, attempts: 1, waits: { relayMs: 100 } };
      const [one, other] = [start(place, options), start(place, options)];
      const connected = await untilConnected(one, other);
      expect(connected.map(({ path }) => path)).toEqual(['relay', 'relay']);
      const paths = await Promise.all([one.event('path'), other.event('path')]);
      expect(paths.map(({ path }) => path)).toEqual(['lan', 'lan']);
      await talk(one, other, 'there');
    });
  });
}
