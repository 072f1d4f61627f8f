/** Whether a side lets the rendezvous relay. `auto`: where punching does not succeed in time. `always`: no punching at all. */
export const relayWishes = ['auto', 'never', 'always'] as const;

export type RelayWish = (typeof relayWishes)[number];
