/**
 * What a meeting does at every place. A place that is tested says how each side reaches it. Where it defines a fact
 * otherwise, it says why, and what holds there instead: no fact is left out without another in its place.
 */
import { describe, expect, test, type TestContext } from 'vitest';
import type { ChatOptions } from '../../../source/chat/chat.ts';
import type { Path, PlaceKind } from '../../../source/events.ts';
import { parseCode, type Code } from '../../../source/protocol/code.ts';
import { FIRST_OWN_NUMBER } from '../../../source/protocol/rendezvous-messages.ts';
import { RecordedChat } from '../../helpers/chats/recorded-chat.ts';
import type { RecordedEvents } from '../../helpers/chats/recorded-events.ts';

/** One of the two peers. */
export interface Side extends RecordedEvents {
  say(text: string): void;
  leave(): void;
}

export type SideOptions = Pick<
  ChatOptions,
  'attempts' | 'code' | 'freshPort' | 'lan' | 'relay' | 'waitMs' | 'waits'
>;

export interface Sides {
  /** Comes first: opens a room, or waits in that of an agreed code. */
  readonly host: (options?: SideOptions) => Side;
  /** Comes with the host's code, or with the agreed one. It may have to wait until the host is there. */
  readonly guest: (options: SideOptions & { readonly code: Code }) => Side;
}

export interface Stranger {
  /** Without a word. */
  readonly leave: () => unknown;
}

export interface StartedPlace extends Sides {
  /** The same over lines that can be cut. */
  readonly overLine: Sides;
  /** Cuts the connections of both sides over the lines. Once `during` is over, new ones are taken. */
  readonly cut: (during: () => Promise<unknown>) => Promise<void>;
  /** A stranger enters the room of this number and is matched. */
  readonly stranger: (number: number) => Promise<Stranger>;
}

export interface PlaceUnderTest {
  readonly name: string;
  /** As the events of each side name it. */
  readonly kinds: { readonly host: PlaceKind; readonly guest: PlaceKind };
  /** How a connection runs that both sides have through the place. */
  readonly through: Path;
  /** Starts it for one test. Skips the test, with a reason, if this machine has not what it needs. */
  readonly start: (context: TestContext) => Promise<StartedPlace>;
  readonly otherwise?: Partial<Record<FactName, OtherFact>>;
}

export interface Fact {
  readonly title: string;
  readonly hold: (place: StartedPlace, declared: PlaceUnderTest) => Promise<void>;
}

/** What holds at one place instead. */
export interface OtherFact extends Fact {
  /** Why the common fact does not hold there, as one sentence. */
  readonly because: string;
}

let lastOwnNumber = FIRST_OWN_NUMBER;

/** A code that two could have agreed on. No other test has its number, for a place may serve several tests. */
export function agreedCode(): Code {
  lastOwnNumber += 1;
  return { number: lastOwnNumber, words: ['velvet', 'orbit'] };
}

/** Chats of this program that reach a place with these options. */
export function chatsAt(reach: Partial<ChatOptions> | (() => Partial<ChatOptions>)) {
  return (options: SideOptions = {}) =>
    new RecordedChat({ ...(typeof reach === 'function' ? reach() : reach), ...options });
}

export function untilWaiting(side: Side, nth = 0) {
  return side.until(() => side.all('rendezvous').filter(({ state }) => state === 'waiting')[nth]);
}

/** A host that has opened a room and waits in it. */
export async function opened(place: Sides, options: SideOptions = {}) {
  const host = place.host(options);
  const { code } = await host.event('invite');
  await untilWaiting(host);
  return { host, code: parseCode(code) };
}

export async function untilConnected(...sides: readonly Side[]) {
  return Promise.all(sides.map((side) => side.event('connected')));
}

function roles(...sides: readonly Side[]) {
  return sides.map((side) => side.all('peer')[0]?.role);
}

/** Each says something, and the other hears it. */
export async function talk(one: Side, other: Side, word: string) {
  for (const [speaker, listener] of [
    [one, other],
    [other, one],
  ] as const) {
    speaker.say(word);
    await listener.until(() => (listener.heard.at(-1) === word ? true : undefined));
  }
}

async function comesAndTalks(place: StartedPlace, { kinds }: PlaceUnderTest): Promise<void> {
  const { host, code } = await opened(place);
  const guest = place.guest({ code });
  await untilConnected(guest, host);
  expect(roles(guest, host)).toEqual(['a', 'b']);
  await talk(guest, host, 'hello');
  guest.leave();
  expect(await guest.end()).toEqual({ reason: 'quit', exit: 0 });
  expect(await host.end()).toEqual({ reason: 'peer-left', exit: 0 });
  for (const [side, kind] of [
    [host, kinds.host],
    [guest, kinds.guest],
  ] as const) {
    const events = side.all('rendezvous');
    expect(new Set(events.map((event) => event.place))).toEqual(new Set([kind]));
    expect(events.at(-1)?.state).toBe('closed');
  }
}

async function meetInTurn(place: StartedPlace): Promise<void> {
  const code = agreedCode();
  const first = place.host({ code });
  await untilWaiting(first);
  const second = place.guest({ code });
  await untilConnected(first, second);
  expect(new Set(roles(first, second))).toEqual(new Set(['a', 'b']));
  await talk(first, second, 'hello');
}

async function meetAtOnce(place: StartedPlace): Promise<void> {
  const code = agreedCode();
  const pair = [place.host({ code }), place.guest({ code })] as const;
  await untilConnected(...pair);
  expect(new Set(roles(...pair))).toEqual(new Set(['a', 'b']));
  await talk(...pair, 'hello');
}

async function saysWrongWord(place: StartedPlace): Promise<void> {
  const { host, code } = await opened(place);
  const guest = place.guest({ code: { ...code, words: ['zebra', 'zebra'] } });
  for (const side of [guest, host]) {
    expect(await side.end()).toEqual({ reason: 'failed', exit: 5, code: 'ERR_WRONG_CODE' });
    expect(side.all('connected')).toEqual([]);
  }
}

async function takesWrongNumber(place: StartedPlace): Promise<void> {
  const { host, code } = await opened(place);
  // Places give out the smallest numbers that are free.
  const guest = place.guest({ code: { ...code, number: 999 - code.number } });
  expect(await guest.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_NO_SUCH_ROOM' });
  await untilConnected(place.guest({ code }), host);
}

async function comesThird(place: StartedPlace): Promise<void> {
  // Nothing connects these two, so that they stay in the room for some seconds.
  const options = {
    lan: false,
    freshPort: true,
    relay: 'never',
    attempts: 2,
    waits: { graceMs: 200 },
  } as const;
  const { host, code } = await opened(place, options);
  const guest = place.guest({ ...options, code });
  await Promise.all([guest.event('peer'), host.event('peer')]);
  expect(await place.guest({ code }).end()).toMatchObject({ exit: 4 });
  for (const side of [guest, host]) {
    expect(await side.end()).toEqual({ reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' });
  }
}

async function waitsForNobody(place: StartedPlace): Promise<void> {
  const host = place.host({ waitMs: 60 });
  expect(await host.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_WAIT_EXPIRED' });
  expect(host.all('invite')).toHaveLength(1);
}

async function meetsTheNext(place: StartedPlace): Promise<void> {
  const { host, code } = await opened(place);
  const stranger = await place.stranger(code.number);
  stranger.leave();
  await untilWaiting(host, 1);
  await untilConnected(place.guest({ code }), host);
  expect(host.all('invite')).toHaveLength(1);
}

async function comesBack({ overLine, cut }: StartedPlace): Promise<void> {
  const { host, code } = await opened(overLine);
  await cut(async () => undefined);
  await untilWaiting(host, 1);
  const guest = overLine.guest({ code });
  await untilConnected(guest, host);
  expect(roles(guest, host)).toEqual(['a', 'b']);
  expect(host.all('invite')).toHaveLength(1);
}

async function resumes({ overLine, cut }: StartedPlace, { through }: PlaceUnderTest): Promise<void> {
  const options = { code: agreedCode(), relay: 'always' } as const;
  const one = overLine.host(options);
  await untilWaiting(one);
  const other = overLine.guest(options);
  const connected = await untilConnected(one, other);
  expect(connected.map(({ path }) => path)).toEqual([through, through]);
  await talk(one, other, 'before');
  for (const nth of [1, 2]) {
    await cut(async () => {
      one.say(`during ${nth}`);
      await Promise.all([one.event('lost', nth), other.event('lost', nth)]);
    });
    const resumed = await Promise.all([one.event('resumed', nth), other.event('resumed', nth)]);
    expect(resumed.map(({ path }) => path)).toEqual([through, through]);
    await talk(one, other, `after ${nth}`);
  }
  expect(other.heard).toEqual(['before', 'during 1', 'after 1', 'during 2', 'after 2']);
  expect(one.heard).toEqual(['before', 'after 1', 'after 2']);
}

async function movesInBackground(place: StartedPlace): Promise<void> {
  // The dials of the first meeting leave from ports that nobody knows. Those of the round do not.
  const options = {
    code: agreedCode(),
    lan: false,
    freshPort: true,
    attempts: 1,
    waits: { relayMs: 100 },
  } as const;
  const [one, other] = [place.host(options), place.guest(options)];
  const connected = await untilConnected(one, other);
  expect(connected.map(({ path }) => path)).toEqual(['relay', 'relay']);
  const paths = await Promise.all([one.event('path'), other.event('path')]);
  expect(paths.map(({ path }) => path)).toEqual(['lan', 'lan']);
  await talk(one, other, 'there');
}

const facts = {
  talk: { title: 'one opens a room, the other comes with its code, and they talk', hold: comesAndTalks },
  inTurn: { title: 'two with a code of their own meet, one after the other', hold: meetInTurn },
  atOnce: { title: 'two with a code of their own meet if they come at once', hold: meetAtOnce },
  wrongWord: { title: 'a wrong word ends both with exit 5', hold: saysWrongWord },
  wrongNumber: {
    title: 'a number under which nobody waits ends with exit 4, and the host of another one waits on',
    hold: takesWrongNumber,
  },
  third: {
    title: 'a third side with the code of a room that has two ends with exit 4, and disturbs nobody',
    hold: comesThird,
  },
  nobody: { title: 'nobody who comes in time ends the wait with exit 4', hold: waitsForNobody },
  vanished: { title: 'a room whose guest vanishes waits again, with the same invite', hold: meetsTheNext },
  cutWhileWaiting: {
    title: 'the one who waits comes back to its room after a cut, and is met there',
    hold: comesBack,
  },
  resumes: {
    title: 'a session whose connection through the place is cut resumes, loses nothing, and does so again',
    hold: resumes,
  },
  background: {
    title: 'a session on the relay moves to a better path in the background',
    hold: movesInBackground,
  },
} satisfies Record<string, Fact>;

type FactName = keyof typeof facts;

export function describePlace(place: PlaceUnderTest): void {
  const { name, otherwise = {} } = place;
  const chosen = Object.entries<Fact>(facts).map(([key, common]): readonly [string, Fact] => {
    const other = otherwise[key as FactName];
    return other === undefined ? [common.title, common] : [`${other.title} (${other.because})`, other];
  });
  describe(`at the place ${name}`, () => {
    test.for(chosen)('%s', async ([, fact], context) => {
      const started = await place.start(context);
      await expect(fact.hold(started, place)).resolves.toBeUndefined();
    });
  });
}
