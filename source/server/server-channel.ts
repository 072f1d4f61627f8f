import { channel } from 'node:diagnostics_channel';
import type { Log } from './log.ts';

/** The name of the channel of node:diagnostics_channel on which each server of this process tells what happens. */
export const serverChannel = 'punchline:server';

/** `from`, `a` and `b` are endpoints as the log shows them: without `logAddresses`, their networks. */
type Happened =
  | { readonly event: 'came' | 'left'; readonly from: string }
  | { readonly event: 'opened'; readonly from: string; readonly number: number }
  /** Two clients have met. Classic ones have no session. */
  | { readonly event: 'matched'; readonly session?: string; readonly a: string; readonly b: string }
  /** A client tells how its match has ended. */
  | {
      readonly event: 'outcome';
      readonly from: string;
      readonly session: string;
      readonly outcome: 'punched' | 'relayed' | 'failed';
    }
  | { readonly event: 'relayed'; readonly session: string; readonly a: string; readonly b: string }
  /** `bytes` in both directions, `outcome` as in the log. */
  | {
      readonly event: 'relayOver';
      readonly session: string;
      readonly outcome: string;
      readonly bytes: number;
      readonly ms: number;
    }
  /** A client got an error, or was turned away before it could say anything. */
  | { readonly event: 'refused'; readonly from: string; readonly reason: string };

/** A message on the channel. */
export type ServerHappening = Happened & {
  /** The main port of the server that tells it, for a process may run several. 0 before all its ports listen. */
  readonly port: number;
};

/** The fields of a record of the log. Each record has those that its happening needs. */
interface Facts {
  readonly from: string;
  readonly number: number;
  readonly session: string;
  readonly a: string;
  readonly b: string;
  readonly first: string;
  readonly second: string;
  readonly one: string;
  readonly other: string;
  readonly outcome: string;
  readonly bytes: number;
  readonly ms: number;
  readonly reason: string;
}

/** By the message of the record. All others are for operators alone. */
const happenings: Readonly<Record<string, (facts: Facts) => Happened>> = {
  came: ({ from }) => ({ event: 'came', from }),
  left: ({ from }) => ({ event: 'left', from }),
  opened: ({ from, number }) => ({ event: 'opened', from, number }),
  match: ({ session, a, b }) => ({ event: 'matched', session, a, b }),
  'classic pair': ({ first, second }) => ({ event: 'matched', a: first, b: second }),
  outcome: ({ from, session, outcome }) => ({
    event: 'outcome',
    from,
    session,
    outcome: outcome as 'punched' | 'relayed' | 'failed',
  }),
  relay: ({ session, one, other }) => ({ event: 'relayed', session, a: one, b: other }),
  'relay over': ({ session, outcome, bytes, ms }) => ({ event: 'relayOver', session, outcome, bytes, ms }),
  refused: ({ from, reason }) => ({ event: 'refused', from, reason }),
  'turned away': ({ from, reason }) => ({ event: 'refused', from, reason }),
};

/**
 * The same log, whose records also go to the channel while somebody subscribes to it. All that happens at a server
 * passes its log, so that this is the one place that tells of it.
 *
 * @param port is asked for each message, because the server knows its port only once it listens.
 */
export function publishedLog(log: Log, port: () => number): Log {
  const told = channel(serverChannel);
  function publishing(level: 'debug' | 'info') {
    return (fields: object | string, message = ''): void => {
      if (typeof fields === 'string') {
        log[level](fields);
        return;
      }
      log[level](fields, message);
      if (told.hasSubscribers) {
        const happening = happenings[message]?.(fields as Facts);
        if (happening !== undefined) {
          told.publish({ port: port(), ...happening } satisfies ServerHappening);
        }
      }
    };
  }
  return {
    debug: publishing('debug'),
    info: publishing('info'),
    warn: log.warn.bind(log),
    error: log.error.bind(log),
  };
}
