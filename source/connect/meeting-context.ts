import type { Family, Happening } from '../events.ts';
import type { ConnectOptions, Waits } from './connect-options.ts';
import type { Place, PlaceSearch } from './place.ts';
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
    Pick<ConnectOptions, 'code' | 'name' | 'task' | 'waitMs'> {
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
  return {
    ...options,
    mode: options.mode ?? 'pipe',
    attempts: options.attempts ?? DEFAULT_ATTEMPTS,
    lan: options.lan ?? true,
    relay: options.relay ?? 'auto',
    freshPort,
    spraySize: options.spraySize ?? wholeSpray,
    giveUpMs: options.giveUpMs ?? DEFAULT_GIVE_UP_MS,
    ...createPlace(options, waits, families),
    families,
    waits,
    forwarded: mayForward(options) ? new ForwardedPort() : undefined,
    spray: freshPort ? undefined : createSprayBudgets(),
    blackHole: new BlackHoleDetection(),
    received: () => 0,
    emit,
  };
}

/** With `always` nobody dials us, and with a fresh port the punch is meant to fail. */
function mayForward({ portMapping = true, lan = true, relay, freshPort }: ConnectOptions): boolean {
  return portMapping && lan && relay !== 'always' && freshPort !== true;
}
