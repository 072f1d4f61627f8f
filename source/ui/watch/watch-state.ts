/** What the screen of a watched lab shows of it, and how a key changes that. */

export interface WatchState {
  /** How many steps are shown. Undefined: all, and those that come. */
  readonly step: number | undefined;
  /** The rows between the end of the ladder and the last one in view. 0 follows what comes. */
  readonly back: number;
  /** A spray is one row. */
  readonly isFolded: boolean;
  readonly shows: 'both' | 'ladder' | 'tables';
  readonly hasQuit: boolean;
}

/** What a key needs to know. */
export interface WatchPlace {
  /** How many steps there are. */
  readonly steps: number;
  /** How many with the other folding. */
  readonly otherSteps: number;
  /** The rows of the ladder, or of the tables if only they are shown. */
  readonly rows: number;
  /** How many of them are in view. */
  readonly visible: number;
  /** Whether there is room for ladder and tables at once. */
  readonly hasRoom: boolean;
}

/** A recording begins with its first step. */
export function startWatching(isReplay: boolean): WatchState {
  return { step: isReplay ? 1 : undefined, back: 0, isFolded: true, shows: 'both', hasQuit: false };
}

/** Keys have the names of Ink, or are the character that was typed. Unknown ones change nothing. */
export function stepWatch(state: WatchState, key: string, place: WatchPlace): WatchState {
  switch (key) {
    case 'q':
    case 'ctrl-c':
    case 'ctrl-d': {
      return { ...state, hasQuit: true };
    }
    case ' ':
    case 'p': {
      // Goes on with all that has come meanwhile.
      return { ...state, step: state.step === undefined ? place.steps : undefined, back: 0 };
    }
    case 'right':
    case 'n':
    case 'return': {
      return atStep(state, (state.step ?? place.steps) + 1, place);
    }
    case 'left':
    case 'b': {
      return atStep(state, (state.step ?? place.steps) - 1, place);
    }
    case 'f': {
      // The steps are others then. The same share of them is shown.
      const share = (state.step ?? 0) / Math.max(1, place.steps);
      const step = state.step === undefined ? undefined : Math.round(share * place.otherSteps);
      return { ...state, isFolded: !state.isFolded, step, back: 0 };
    }
    case 't': {
      return { ...state, shows: nextShown(state.shows, place.hasRoom), back: 0 };
    }
    default: {
      return scrolled(state, key, place);
    }
  }
}

function atStep(state: WatchState, step: number, { steps }: WatchPlace): WatchState {
  return { ...state, step: Math.min(steps, Math.max(1, step)), back: 0 };
}

function nextShown(shows: WatchState['shows'], hasRoom: boolean): WatchState['shows'] {
  if (!hasRoom) {
    return shows === 'tables' ? 'ladder' : 'tables';
  }
  return ({ both: 'ladder', ladder: 'tables', tables: 'both' } as const)[shows];
}

function scrolled(state: WatchState, key: string, { rows, visible }: WatchPlace): WatchState {
  const page = Math.max(1, visible - 1);
  const most = Math.max(0, rows - visible);
  const deltas: Readonly<Record<string, number>> = {
    up: 1,
    k: 1,
    down: -1,
    j: -1,
    pageUp: page,
    pageDown: -page,
    home: most,
    g: most,
    end: -most,
    G: -most,
  };
  const delta = deltas[key];
  return delta === undefined
    ? state
    : { ...state, back: Math.min(most, Math.max(0, Math.min(most, state.back) + delta)) };
}
