import type { MeetOptions } from './meet.ts';

export const defaultAttempts = 10;
/** How long a silent connection is borne before it is given up. */
export const defaultGiveUpMs = 10 * 60_000;

export interface ConnectOptions extends Partial<Omit<MeetOptions, 'server' | 'emit'>> {
  readonly server: MeetOptions['server'];
  /** Pings every 25 s instead of 5, for metered links. */
  readonly quiet?: boolean;
  readonly giveUpMs?: number;
}
