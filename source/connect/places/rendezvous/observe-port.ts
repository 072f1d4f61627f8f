import type { Family } from '../../../events.ts';
import type { Server } from '../../../network/endpoint.ts';
import type { ObservedPort } from '../../place.ts';
import { RENDEZVOUS_VERSION } from '../../../protocol/rendezvous-messages.ts';
import { answerOf } from './room.ts';
import { secondAddress } from './probe.ts';
import { Rendezvous } from './rendezvous.ts';
import { within } from '../../../network/waiting.ts';

/** Bounds the whole observation: a handshake whose first SYN was lost, and an answer. */
const OBSERVE_MS = 3000;
/**
 * Bounds the wait for the probe's answer. The probe left together with the first SYN, which has been answered by then. If
 * the server had to name its probe port first, it has just left: its answer takes two round trips more.
 */
const PROBE_MS = 300;

export interface ObservePortOptions {
  readonly server: Server;
  /** Given if the server is reached at https: see Rendezvous.dial(). */
  readonly secureAs?: string | undefined;
  readonly family?: Family | undefined;
  /** The address of the server that has worked last. */
  readonly preferred?: string | undefined;
  readonly probePort?: number | undefined;
  /** Bounds the handshakes at https. */
  readonly answerMs?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Asks the rendezvous how it sees a new port. The connection that asks keeps
 * the mapping alive, so it stays until the signal is aborted. Undefined if the
 * rendezvous does not answer.
 */
export async function observePort(options: ObservePortOptions): Promise<ObservedPort | undefined> {
  const found = await observe(options);
  return found?.observed;
}

/** The connection that has asked, and what it was told. */
export interface Observer {
  readonly rendezvous: Rendezvous;
  readonly observed: ObservedPort;
  /** The second address of the rendezvous, if it has one that we may dial. */
  readonly second: string | undefined;
}

/** The same, with the connection. */
export async function observe(options: ObservePortOptions): Promise<Observer | undefined> {
  // It may still fail after we have given up.
  return within(ask(options), OBSERVE_MS, options.signal).catch(() => undefined);
}

async function ask(options: ObservePortOptions): Promise<Observer> {
  const { signal } = options;
  const rendezvous = await Rendezvous.dial(options);
  function close() {
    return rendezvous.close();
  }
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) {
    close();
  }
  rendezvous.send({ t: 'observe', v: RENDEZVOUS_VERSION });
  const { you, probeHost } = await answerOf(rendezvous, 'observed', signal);
  const waitMs = PROBE_MS + 2 * rendezvous.rttMs;
  const probed = await within(rendezvous.probing.seen, waitMs, signal).catch(() => undefined);
  // A probe seen at another address has another mapping, whose port says nothing about this one.
  const probePort = probed?.address === you.address ? { probePort: probed.port } : {};
  const mapped = { address: you.address, port: you.port, ...probePort };
  return {
    rendezvous,
    observed: { family: rendezvous.family, local: rendezvous.local, mapped },
    second: secondAddress(probeHost, rendezvous),
  };
}
