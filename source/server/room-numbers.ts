/**
 * Which number a new room gets: the lowest that is free and has rested. Time
 * comes in as a value, in milliseconds of any clock that only goes forward.
 */
export interface RoomNumbers {
  allocate(now: number, isTaken: (number: number) => boolean): number;
  rests(number: number, now: number): boolean;
  /** The room of this number has ended: its rest begins. */
  release(number: number, now: number): void;
}

export const createRoomNumbers = (restMs: number): RoomNumbers => {
  // In the order of release, for a Map keeps the order of insertion.
  const resting = new Map<number, number>();
  // No number below is available: it is taken, or rests. Only the end of a rest lowers it.
  let searchFrom = 1;

  const wake = (now: number) => {
    for (const [number, releasedAt] of resting) {
      if (now - releasedAt < restMs) return;
      resting.delete(number);
      searchFrom = Math.min(searchFrom, number);
    }
  };

  return {
    allocate(now, isTaken) {
      wake(now);
      let number = searchFrom;
      while (isTaken(number) || resting.has(number)) number += 1;
      searchFrom = number + 1;
      return number;
    },

    rests(number, now) {
      wake(now);
      return resting.has(number);
    },

    release(number, now) {
      wake(now);
      resting.delete(number);
      resting.set(number, now);
    },
  };
};
