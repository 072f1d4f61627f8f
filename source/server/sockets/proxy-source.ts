import type { Socket } from 'node:net';
import { isInNetwork } from '../../network/address.ts';
import { createProxyDecoder } from './proxy-header.ts';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../errors.ts';

export interface ProxyOptions {
  /** Networks whose PROXY headers are believed; anybody else's are a client's first bytes. */
  readonly trusted: readonly string[];
  /** How long a header may take. */
  readonly headerMs: number;
}

/**
 * Where a client comes from: for a trusted sender what its PROXY header says,
 * else where the connection itself does. Calls back when that is known, with
 * what came behind the header still to be read; or with why it never will be.
 */
export function sourceOf(
  socket: Socket,
  from: MappedEndpoint,
  { trusted, headerMs }: ProxyOptions,
  onKnown: (source: MappedEndpoint) => void,
  onBad: (reason: string) => void,
): void {
  if (!trusted.some((network) => isInNetwork(from.address, network))) {
    onKnown(from);
    return;
  }
  const decoder = createProxyDecoder();
  function stop() {
    clearTimeout(timer);
    socket.off('readable', read);
    socket.off('end', end);
    socket.off('close', stop);
  }
  function fail(reason: string) {
    stop();
    socket.destroy();
    onBad(reason);
  }
  // By `read`, not by `data`: what comes behind the header can be put back before it flows.
  function read() {
    for (let chunk = next(socket); chunk !== undefined; chunk = next(socket)) {
      try {
        const header = decoder.push(chunk);
        if (header === undefined) {
          continue;
        }
        stop();
        if (header.rest.length > 0) {
          socket.unshift(header.rest);
        }
        onKnown(header.source ?? from);
        return;
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
        fail(error.message);
        return;
      }
    }
  }
  function end() {
    return fail('ended within its PROXY header');
  }
  const timer = setTimeout(() => fail(`no PROXY header within ${headerMs} ms`), headerMs);
  socket.on('readable', read);
  socket.once('end', end);
  socket.once('close', stop);
}

function next(socket: Socket): Buffer | undefined {
  return (socket.read() as Buffer | null) ?? undefined;
}
