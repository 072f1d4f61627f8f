import type { Socket } from 'node:net';
import { isInNetwork } from '../../network/address.ts';
import { createProxyDecoder } from './proxy-header.ts';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../errors.ts';

export interface ProxyOptions {
  /** Networks whose PROXY headers we believe. From others, a header counts as a client's first bytes. */
  readonly trusted: readonly string[];
  /** How long a header may take. */
  readonly headerMs: number;
}

/**
 * Finds the source of a client: from the PROXY header if the sender is trusted,
 * else from the connection itself. Calls `onKnown` with it, and leaves the bytes
 * behind the header to be read. Calls `onBad` with the reason if that fails.
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
  // We use `read` instead of `data` events, so that the bytes behind the header can be put back before they flow.
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
