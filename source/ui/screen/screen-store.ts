import type { ScreenEffect, ScreenInput, ScreenState } from './screen-state.ts';
import { stepScreen } from './step-screen.ts';

export interface ScreenStore {
  readonly read: () => ScreenState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly dispatch: (input: ScreenInput) => void;
}

/**
 * Holds the screen's state outside of React: keys that come in one read must
 * each see what the one before has done, and React shows it only afterwards.
 */
export function createScreenStore(initial: ScreenState, run: (effect: ScreenEffect) => void): ScreenStore {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    read: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    dispatch: (input) => {
      const step = stepScreen(state, input);
      state = step.state;
      for (const listener of listeners) {
        listener();
      }
      if (step.effect !== undefined) {
        run(step.effect);
      }
    },
  };
}
