import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Happening } from '../events.ts';
import { dialServer } from '../connect/places/rendezvous/dial-server.ts';
import { pathOf } from '../network/address.ts';
import { formatServer, type Server } from '../network/endpoint.ts';
import { localEndpoint, remoteEndpoint } from '../network/sockets.ts';
import { readGreeting } from './classic-greeting.ts';
import { awaitFirst, dialSecond, type ClassicPunchOptions } from './classic-punch.ts';

export interface ClassicMeetingOptions {
  readonly server: Server;
  /** How often the first arrival dials. */
  readonly attempts: number;
  /** How long the first arrival waits for a second. Default: without end. */
  readonly waitMs?: number | undefined;
}

export interface ClassicMeeting {
  readonly socket: Socket;
  /** Whether we came first. */
  readonly first: boolean;
}

/**
 * Meets the peer as the old programs do, and emits events on the way. Throws
 * the errors of dialServer(), readGreeting() and the punch, or the signal's
 * reason.
 */
export async function meetClassic(
  { server, attempts, waitMs }: ClassicMeetingOptions,
  signal: AbortSignal,
  emit: (happening: Happening) => void,
): Promise<ClassicMeeting> {
  const name = formatServer(server);
  const startedAt = performance.now();
  emit({ event: 'rendezvous', place: 'rendezvous', state: 'connecting', server: name });
  const { socket: rendezvous } = await dialServer({ server, family: 4, signal });
  const localPort = localEndpoint(rendezvous).port;
  let waited = false;
  const { first, peer } = await readGreeting(rendezvous, {
    server: name,
    waitMs,
    signal,
    onFirst: () => {
      waited = true;
      emit({ event: 'rendezvous', place: 'rendezvous', state: 'waiting', server: name });
    },
  }).catch((error: unknown) => {
    rendezvous.destroy();
    throw error;
  });
  const matchedAt = performance.now();
  emit({ event: 'rendezvous', place: 'rendezvous', state: 'matched', server: name });
  emit({
    event: 'peer',
    role: first ? 'b' : 'a',
    candidates: peer === undefined ? [] : [{ kind: 'mapped', ...peer }],
  });
  emit({ event: 'plan', strategy: 'simultaneous', dials: first ? attempts : 1 });
  // The server closes the connection. Until then it holds the NAT mapping that the peer was told.
  rendezvous.once('close', () =>
    emit({ event: 'rendezvous', place: 'rendezvous', state: 'closed', server: name }),
  );
  rendezvous.resume();

  const punch: ClassicPunchOptions = { localPort, attempts, signal, onAttempt: emit };
  const punched = first && peer !== undefined ? dialSecond(peer, punch) : awaitFirst(peer, punch);
  const socket = await punched.finally(() => rendezvous.destroy());
  const now = performance.now();
  const remote = remoteEndpoint(socket);
  emit({
    event: 'connected',
    path: pathOf(remote.address),
    family: 4,
    local: localEndpoint(socket),
    remote,
    peer: { name: 'peer' },
    ms: Math.round(now - (waited ? matchedAt : startedAt)),
    punchMs: Math.round(now - matchedAt),
    cipher: 'none',
    group: 'none',
  });
  return { socket, first };
}
