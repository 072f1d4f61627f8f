import type { ScreenEffect, ScreenInput, ScreenState } from './screen-state.ts';
import { stepScreen } from './step-screen.ts';

/** The store that `useSyncExternalStore` of React expects, and a way to change it. */
export interface ScreenStore {
  readonly read: () => ScreenState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly dispatch: (input: ScreenInput) => void;
}

/**
 * Holds the screen's state outside of React. Several keys can come in one read,
 * and each must see the change of the one before it; React renders only
 * afterwards.
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
