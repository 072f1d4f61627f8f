import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Endpoint, Family } from '../../../events.ts';
import { dial, type DialResult, type SocketOrigin } from '../../../network/dial.ts';
import { listen, type Listener } from '../../../network/listen.ts';
import { pause } from '../../../network/waiting.ts';
import type { PunchPort } from './punch-port.ts';
import { anyAddress } from '../../../network/nat64/translation.ts';

/**
 * How long the fan dials again after refusals, once all its dials have left: as long as the other side's burst may take
 * to leave. A busy machine takes much of a second for the first dials alone.
 */
const REDIAL_MS = 400;
/** A near peer refuses at once. The pause spreads a socket's dials over the whole time. */
const REDIAL_EVERY_MS = 50;
/** Bounds the dials of one fan, including those after refusals. */
const MAX_FAN_DIALS = 2048;
/** NATs and operating systems give ports from this one on. */
const LOWEST_PORT = 1024;
const PORTS = 65_536;

/** The side with a known mapping dials random ports of the peer's address, all from its one port, and the named ones. */
export function burst(port: PunchPort, named: readonly Endpoint[], dials: number): Promise<DialResult>[] {
  const [first] = named;
  if (first === undefined) {
    return [];
  }
  const ports = new Set<number>(named.map((one) => one.port));
  while (ports.size < dials) {
    ports.add(randomInt(LOWEST_PORT, PORTS));
  }
  return port.dial([...ports].map((one) => ({ address: first.address, port: one })));
}

export interface FanOptions {
  readonly to: Endpoint;
  readonly family: Family;
  /** How many ports it dials from. */
  readonly sockets: number;
  readonly patienceMs: number;
  readonly onSocket: (socket: Socket, origin: SocketOrigin) => void;
  /** Called for each dial that could not leave, because no more files may be open. */
  readonly onLack?: () => void;
  readonly signal: AbortSignal;
}

/**
 * The side with a random mapping dials the peer's one endpoint from many ports.
 * Our NAT maps each of them to another random port. We also listen on them,
 * because the burst may come from a port that we did not dial. A refused dial
 * leaves its mapping open, and the NAT may still let the burst in there. Returns
 * one promise for each socket, with how its last dial ended.
 */
export function fan({
  to,
  family,
  sockets,
  patienceMs,
  onSocket,
  onLack,
  signal,
}: FanOptions): Promise<DialResult>[] {
  let until = performance.now() + patienceMs;
  let departed = 0;
  const listeners: Listener[] = [];
  let isOver = false;
  function close() {
    isOver = true;
    for (const listener of listeners.splice(0)) {
      listener.close();
    }
  }
  function listenOn(port: number) {
    listen({
      address: anyAddress(family),
      port,
      family,
      onSocket: (socket) => onSocket(socket, 'accepted'),
    }).then(
      (listener) => {
        if (isOver) {
          listener.close();
        } else {
          listeners.push(listener);
        }
      },
      // Then this port only dials.
      () => undefined,
    );
  }
  // A socket counts its next dial when it is refused, not when it dials, because many pause at the same time.
  let dials = sockets;
  async function fromOneSocket(): Promise<DialResult> {
    let isRepeated = false;
    for (;;) {
      const isFirst = !isRepeated;
      function onBound(port: number) {
        if (isFirst) {
          departed += 1;
          until = departed === sockets ? Math.min(until, performance.now() + REDIAL_MS) : until;
        }
        // The dial goes first. It is under way when the listener opens.
        setImmediate(() => listenOn(port));
      }
      const result = await dial({ to, localPort: 0, patienceMs, onBound, signal });
      if (result.socket !== undefined) {
        onSocket(result.socket, 'dialled');
      }
      // One that is repeated has left before.
      if (result.lacksFile === true && !isRepeated) {
        onLack?.();
      }
      isRepeated = true;
      const enough = performance.now() >= until || dials >= MAX_FAN_DIALS || signal.aborted;
      if (result.outcome !== 'refused' || enough) {
        return result;
      }
      dials += 1;
      await pause(REDIAL_EVERY_MS - result.ms, signal);
    }
  }
  const results = Array.from({ length: sockets }, fromOneSocket);
  signal.addEventListener('abort', close, { once: true });
  // The burst has this long to come, whether the dials are refused or not.
  void pause(patienceMs, signal).then(close);
  return results;
}
