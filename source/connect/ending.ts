import type { CloseReason } from './session/wire/frames.ts';

/**
 * How a connection ends, as a table: what each event does in each state. A
 * goodbye is said to the peer, and told here, at most once. Nothing here knows
 * a stream, a session or a clock: connection.ts says what has happened, and
 * does what the table answers. The page ending.md shows the table as a diagram.
 */
export type EndingState =
  /** There has been no channel yet. */
  | 'waiting'
  | 'open'
  /** Our goodbye waits until what we wrote has arrived, and for the answer of the peer. */
  | 'leaving'
  /** The stream is destroyed, and what was written is still on its way. */
  | 'flushing'
  /** The stream is destroyed, and our goodbye waits, as in `leaving`. */
  | 'closing'
  /** The conversation is over. What has arrived may still be read. */
  | 'parted'
  /** Nothing follows. */
  | 'closed';

export type EndingEvent =
  /** There is a first channel. */
  | 'connected'
  /** We are to leave when all that was written has arrived. */
  | 'leave'
  | 'leaveNow'
  /** All that was written has arrived. */
  | 'arrived'
  /** The conversation is over, and we began its end. */
  | 'partedByUs'
  | 'partedByPeer'
  /** The conversation is over, and the peer ended it because something went wrong. */
  | 'peerFailed'
  /** Another session with the same peer has taken the place of this one. */
  | 'replaced'
  /** The stream was destroyed by a reader at its end, after all had been written. */
  | 'done'
  /** The stream was destroyed in any other way, or once more. */
  | 'destroyed';

export type EndingEffect =
  /** Says goodbye to the peer, behind what was written. */
  | 'sayGoodbye'
  /** Ends the conversation without waiting for anything. */
  | 'waitNoLonger'
  /** Waits for `arrived`. */
  | 'awaitArrival'
  /** Ends all transfers of files, and the search for another channel. */
  | 'stop'
  /** The reader comes to its end behind what has arrived. */
  | 'endReading'
  | 'tellGoodbye'
  | 'destroy'
  /** Destroys the stream when all has been read. */
  | 'destroyWhenRead'
  /** The same if somebody reads, otherwise at once: a side that leaves and does not read wants nothing more. */
  | 'destroyUnlessRead'
  /** Frees all that is held, and ends the destruction of the stream. */
  | 'release';

export interface EndingStep {
  readonly state: EndingState;
  readonly effects: readonly EndingEffect[];
  /** Why the event changes nothing. */
  readonly why?: string;
}

export type EndingRow = Readonly<Record<EndingEvent, EndingStep>>;

function to(state: EndingState, ...effects: readonly EndingEffect[]): EndingStep {
  return { state, effects };
}

function stay(state: EndingState, why: string): EndingStep {
  return { state, effects: [], why };
}

function deaf(state: EndingState, why: string): EndingRow {
  const step = stay(state, why);
  return {
    connected: step,
    leave: step,
    leaveNow: step,
    arrived: step,
    partedByUs: step,
    partedByPeer: step,
    peerFailed: step,
    replaced: step,
    done: step,
    destroyed: step,
  };
}

const part = ['stop', 'endReading', 'tellGoodbye'] as const;
const unheard = 'there is nobody yet who could say it';
const unasked = 'nobody waits for it';
const connectedOnce = 'only the first channel counts';
const replacedLater = 'only an open connection is replaced';
const destroyedBefore = 'destroying it a second time counts as destroyed';

/** Every pair of state and event has its line. A pair that changes nothing says why. */
export const endings: Readonly<Record<EndingState, EndingRow>> = {
  waiting: {
    connected: to('open'),
    leave: to('parted', ...part, 'destroyUnlessRead'),
    leaveNow: to('parted', ...part, 'destroyUnlessRead'),
    arrived: stay('waiting', unasked),
    partedByUs: stay('waiting', unheard),
    partedByPeer: stay('waiting', unheard),
    peerFailed: stay('waiting', unheard),
    replaced: stay('waiting', replacedLater),
    done: to('closed', 'stop', 'release'),
    destroyed: to('closed', 'stop', 'release'),
  },
  open: {
    connected: stay('open', connectedOnce),
    leave: to('leaving', 'sayGoodbye'),
    leaveNow: to('leaving', 'sayGoodbye', 'waitNoLonger'),
    arrived: stay('open', unasked),
    partedByUs: to('parted', ...part, 'destroyUnlessRead'),
    partedByPeer: to('parted', ...part, 'destroyWhenRead'),
    peerFailed: to('parted', 'stop', 'destroy'),
    replaced: to('parted', 'stop', 'destroy'),
    done: to('flushing', 'awaitArrival'),
    // The peer hears it, so that it does not search for us.
    destroyed: to('closed', 'stop', 'sayGoodbye', 'waitNoLonger', 'release'),
  },
  leaving: {
    connected: stay('leaving', connectedOnce),
    leave: to('leaving', 'waitNoLonger'),
    leaveNow: to('leaving', 'waitNoLonger'),
    arrived: stay('leaving', unasked),
    partedByUs: to('parted', ...part, 'destroyUnlessRead'),
    partedByPeer: to('parted', ...part, 'destroyWhenRead'),
    peerFailed: to('parted', 'stop', 'destroy'),
    replaced: stay('leaving', replacedLater),
    done: to('closing'),
    destroyed: to('closed', 'stop', 'waitNoLonger', 'release'),
  },
  flushing: {
    connected: stay('flushing', connectedOnce),
    leave: to('closing', 'sayGoodbye'),
    leaveNow: to('closing', 'sayGoodbye', 'waitNoLonger'),
    arrived: to('closing', 'sayGoodbye'),
    partedByUs: to('closed', ...part, 'release'),
    partedByPeer: to('closed', ...part, 'release'),
    peerFailed: to('parted', 'stop', 'destroy'),
    replaced: stay('flushing', replacedLater),
    done: stay('flushing', destroyedBefore),
    destroyed: to('closed', 'stop', 'sayGoodbye', 'waitNoLonger', 'release'),
  },
  closing: {
    connected: stay('closing', connectedOnce),
    leave: to('closing', 'waitNoLonger'),
    leaveNow: to('closing', 'waitNoLonger'),
    arrived: stay('closing', 'the goodbye is said'),
    partedByUs: to('closed', ...part, 'release'),
    partedByPeer: to('closed', ...part, 'release'),
    peerFailed: to('parted', 'stop', 'destroy'),
    replaced: stay('closing', replacedLater),
    done: stay('closing', destroyedBefore),
    destroyed: to('closed', 'stop', 'waitNoLonger', 'release'),
  },
  parted: {
    ...deaf('parted', 'the conversation is over'),
    done: to('closed', 'release'),
    destroyed: to('closed', 'release'),
  },
  closed: deaf('closed', 'nothing follows'),
};

/** What it means that the session has ended with a goodbye. */
export function partingOf(by: 'us' | 'peer', reason: CloseReason, isWhole: boolean): EndingEvent {
  if (by === 'us') {
    return 'partedByUs';
  }
  // A peer that gives up when nothing is missing has only left in haste.
  const isFailure = reason === 'protocol' || (reason === 'gave-up' && !isWhole);
  return isFailure ? 'peerFailed' : 'partedByPeer';
}
