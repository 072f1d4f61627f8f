/** Every limit that a client can run into; what the metrics count is one of these. */
export const refusalReasons = [
  'connections',
  'connection-rate',
  'address-connections',
  'address-connection-rate',
  'join-rate',
  'address-join-rate',
  'address-open-rate',
  'missing-rooms',
  'burnt-rooms',
  'relayed-pairs',
  'address-relayed-pairs',
  'relay-used-up',
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

export interface Refusal {
  readonly reason: RefusalReason;
  /** For the client's user: which limit, and when to come again. */
  readonly message: string;
}

/** `limit` as in "the limit of 60 joins a minute". */
export const refusal = (reason: RefusalReason, limit: string, comeAgainMs: number): Refusal => {
  const whose = wholeServer.has(reason) ? 'this rendezvous has' : 'your address has';
  const seconds = Math.max(1, Math.ceil(comeAgainMs / 1000));
  const time = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return { reason, message: `${whose} reached the limit of ${limit}; come again in ${time}` };
};

const wholeServer: ReadonlySet<RefusalReason> = new Set(['connections', 'connection-rate', 'join-rate']);
