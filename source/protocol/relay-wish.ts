/** Whether a side lets the rendezvous relay. `auto`: if punching does not succeed in time. `always`: without punching. */
export const relayWishes = ['auto', 'never', 'always'] as const;

export type RelayWish = (typeof relayWishes)[number];
