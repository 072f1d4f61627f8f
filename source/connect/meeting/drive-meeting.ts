import type { Endpoint, RendezvousEvent } from '../../events.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { Match, Visit } from '../place.ts';
import type { WonChannel } from '../punch/establish-channel.ts';
import type { PairFacts } from '../punch/pair-facts.ts';
import { whileAlive } from '../reconnect/while-alive.ts';
import type { RoomEntry } from '../room-entry.ts';

/** The first frame of the screen does not need this code. Loading it holds up all else, so choose a moment of waiting. */
export function loadPunching() {
  return import('../punch/establish-channel.ts');
}

/** What differs from one kind of meeting to another. */
export interface MeetingPlan {
  readonly visit: (signal: AbortSignal) => Promise<Visit>;
  /** What we enter the room with. */
  readonly enter: (visit: Visit, signal: AbortSignal) => Promise<RoomEntry>;
  /** Called if no peer is there yet. Returns how long to wait, in ms; undefined means without end. */
  readonly onWaiting: () => number | undefined;
  /** Called if the addresses of the place have changed meanwhile. */
  readonly onMoved?: () => void;
  readonly onMatched: (match: Match) => void;
  /** Whether the meeting ends when the place does not answer any more. */
  readonly needsAnswers: boolean;
  /** Whether the place is told of this failure. The room is not ours any more once it is told. */
  readonly reports: (failure: unknown) => boolean;
}

/**
 * Visits the place once, and wins one channel. Emits what happens on the way. Throws PunchlineError, or the signal's
 * reason. No socket stays but the winner's.
 */
export async function driveMeeting(
  context: MeetingContext,
  plan: MeetingPlan,
  signal: AbortSignal,
): Promise<WonChannel> {
  const { place, emit } = context;
  let news: Pick<RendezvousEvent, 'motd' | 'unreachedPort'> = {};
  function tell(state: RendezvousEvent['state'], mapped?: Endpoint) {
    emit({
      event: 'rendezvous',
      state,
      place: place.kind,
      server: place.name,
      ...(place.proxy !== undefined && { proxy: place.proxy }),
      ...(mapped && { mapped: { address: mapped.address, port: mapped.port } }),
      ...news,
    });
    news = {};
  }
  tell('connecting');
  const visit = await plan.visit(signal);
  const { motd, unreachedPort } = visit;
  news = {
    ...(motd !== undefined && { motd }),
    ...(unreachedPort !== undefined && { unreachedPort }),
  };
  let nats: PairFacts | undefined;
  function onFacts(facts: PairFacts) {
    nats = facts;
  }
  async function work(alive: AbortSignal): Promise<WonChannel> {
    const entry = await plan.enter(visit, alive);
    const match = await visit.join(entry.room, {
      onWaiting: (mapped) => {
        const waitMs = plan.onWaiting();
        tell('waiting', mapped);
        loadPunching().catch(() => undefined);
        return waitMs;
      },
      onMoved: (mapped) => {
        plan.onMoved?.();
        tell('waiting', mapped);
      },
      signal: alive,
    });
    plan.onMatched(match);
    tell('matched', match.mapped);
    const { establishChannel } = await loadPunching();
    return establishChannel(context, { visit, match, entry, onFacts, signal: alive });
  }
  try {
    const won = await (plan.needsAnswers ? whileAlive(visit, place.name, signal, work) : work(signal));
    visit.report('punched', nats, won.path);
    return won;
  } catch (error) {
    if (plan.reports(error)) {
      visit.report('failed', nats);
    }
    throw error;
  } finally {
    visit.close();
    tell('closed');
  }
}
