import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { familyOf } from '../../network/address.ts';
import type { MappedEndpoint, MessageOf, ServerMessage } from '../../protocol/rendezvous-messages.ts';
import type { Limits } from '../limits.ts';

export type DialBackResult = Pick<MessageOf<ServerMessage, 'dialled-back'>, 'outcome' | 'ms'>;

export interface DialBackOptions {
  /** Our own address to dial from; undefined if there is none. */
  readonly from: string | undefined;
  /** The endpoint from which the request came. We never dial another one. */
  readonly to: MappedEndpoint;
  readonly onResult: (result: DialBackResult) => void;
}

/** Dials clients to show them what their NAT or firewall lets in. */
export interface DialBacks {
  /** Calls back once. Returns a function that gives up the dial without a call. */
  dial(options: DialBackOptions): () => void;
}

/** Errors that mean an answer of the client or of a router near it. */
const refusals = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH']);

/** Each dial uses a new port, and closes its connection at once. */
export function createDialBacks({ dialBackMs, maxDialBacksAtOnce }: Limits): DialBacks {
  let underWay = 0;

  return {
    dial({ from, to, onResult }) {
      if (from === undefined || familyOf(from) !== familyOf(to.address) || underWay >= maxDialBacksAtOnce) {
        onResult({ outcome: 'unavailable', ms: 0 });
        return () => {};
      }
      underWay += 1;
      const startedAt = performance.now();
      const socket = connect({
        host: to.address,
        port: to.port,
        localAddress: from,
        autoSelectFamily: false,
      });
      let isOver = false;
      function end(outcome?: DialBackResult['outcome']) {
        if (isOver) {
          return;
        }
        isOver = true;
        clearTimeout(timer);
        underWay -= 1;
        socket.destroy();
        if (outcome !== undefined) {
          onResult({ outcome, ms: Math.round(performance.now() - startedAt) });
        }
      }
      const timer = setTimeout(() => end('timeout'), dialBackMs);
      socket.once('connect', () => end('connected'));
      socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
        if (refusals.has(code)) {
          end('refused');
        } else {
          end(code === 'ETIMEDOUT' ? 'timeout' : 'unavailable');
        }
      });
      return () => end();
    },
  };
}
