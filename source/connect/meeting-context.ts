import type { Family, Happening } from '../events.ts';
import type { ConnectOptions, Waits } from './connect-options.ts';
import type { Place, PlaceSearch } from './place.ts';
import { FIRST_OWN_NUMBER } from '../protocol/rendezvous-messages.ts';
import { createSprayBudgets, type SprayBudgets, wholeSpray } from './punch/plan/spray-budget.ts';
import { ForwardedPort } from './forwarded/forwarded-port.ts';
import { createPlace } from './places/create-place.ts';
import { BlackHoleDetection } from './session/black-hole.ts';

const DEFAULT_ATTEMPTS = 10;
const DEFAULT_GIVE_UP_MS = 10 * 60_000;

const defaultWaits: Waits = {
  answerMs: 15_000,
  sealMs: 5000,
  graceMs: 3000,
  lateHelloMs: 2000,
  otherDayMs: 10_000,
  relayMs: 3000,
  // A handshake takes one round trip, and one across an ocean takes this long.
  hopelessMs: 250,
  forwardedMs: 1000,
};

/**
 * What the meetings of one session have in common: the first one, those that find the peer again, and the rounds for
 * a better path. It is passed whole. A meeting that differs in something passes a changed copy. ConnectOptions says
 * what the options mean.
 */
export interface MeetingContext
  extends
    Required<
      Pick<ConnectOptions, 'mode' | 'attempts' | 'lan' | 'relay' | 'freshPort' | 'giveUpMs' | 'spraySize'>
    >,
    Pick<ConnectOptions, 'code' | 'friend' | 'name' | 'task' | 'waitMs'> {
  readonly place: Place;
  /** Looks for other places for the first meeting; undefined if only `place` counts. */
  readonly search: PlaceSearch | undefined;
  readonly families: readonly Family[];
  readonly waits: Waits;
  /** The port that our router maps, once it is asked. Undefined if it must not be asked. To be closed at the end of the session. */
  readonly forwarded: ForwardedPort | undefined;
  /** What the session may still spray. If undefined, it sprays nothing. */
  readonly spray: SprayBudgets | undefined;
  /** Whether the session sends small packets. */
  readonly blackHole: BlackHoleDetection;
  /** Makes the place anew, for a connection under another client id. It has no search. */
  readonly createPlace: () => Place;
  /**
   * Makes the place where a peer meets us that has lost the session, because its program was started anew: where the two
   * have met as friends, or with a code of their own. Undefined if they have not, or if nobody wants to know.
   */
  readonly restartPlace: (() => Place) | undefined;
  /** The time of the calendar, in ms since the epoch. Friends meet in another room each day. */
  readonly now: () => number;
  /** Names the session that we have. Undefined in all meetings but those at the restart place. */
  readonly session: string | undefined;
  /** How far the peer's stream has been read. */
  readonly received: () => number;
  readonly emit: (happening: Happening) => void;
}

/** Fills in the defaults. */
export function createMeetingContext(
  options: ConnectOptions,
  emit: (happening: Happening) => void,
): MeetingContext {
  const { family, freshPort = false } = options;
  const waits: Waits = { ...defaultWaits, ...options.waits };
  const families: readonly Family[] = family === undefined ? [4, 6] : [family];
  const { place, search } = createPlace(options, waits, families);
  function createAnother() {
    return createPlace({ ...options, local: false }, waits, families).place;
  }
  return {
    ...options,
    place,
    search,
    createPlace: createAnother,
    restartPlace: restartPlaceFor(options, search?.named ?? place, createAnother),
    now: () => Date.now(),
    session: undefined,
    mode: options.mode ?? 'pipe',
    attempts: options.attempts ?? DEFAULT_ATTEMPTS,
    lan: options.lan ?? true,
    relay: options.relay ?? 'auto',
    freshPort,
    spraySize: options.spraySize ?? wholeSpray,
    giveUpMs: options.giveUpMs ?? DEFAULT_GIVE_UP_MS,
    families,
    waits,
    forwarded: mayForward(options) ? new ForwardedPort() : undefined,
    spray: freshPort ? undefined : createSprayBudgets(),
    blackHole: new BlackHoleDetection(),
    received: () => 0,
    emit,
  };
}

/** Each visit there is that of another client, so that it does not take the room of the session from us. */
function restartPlaceFor(
  { awaitsRestart = false, code, friend, here, server }: ConnectOptions,
  place: Place,
  createAnother: () => Place,
): MeetingContext['restartPlace'] {
  const hasOwnCode = code !== undefined && code.number >= FIRST_OWN_NUMBER;
  if (!awaitsRestart || !(hasOwnCode || friend !== undefined)) {
    return undefined;
  }
  // This machine has one server. On the local network, it waits for a peer that has waited for it before.
  return here !== undefined ? () => place : server !== undefined ? createAnother : undefined;
}

/** With `always` nobody dials us, and with a fresh port the punch is meant to fail. */
function mayForward({ portMapping = true, lan = true, relay, freshPort }: ConnectOptions): boolean {
  return portMapping && lan && relay !== 'always' && freshPort !== true;
}
