/** Bounds the dials that one side can cost the other. A machine has only a few interfaces with a few addresses. */
export const MAX_HOSTS = 8;

/** One burst succeeds in 98 % of cases, a second one nearly always. */
export const MAX_BURSTS = 2;
