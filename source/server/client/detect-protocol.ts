import type { Socket } from 'node:net';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { ClassicClient, ClassicPairing } from '../classic-pairing.ts';
import type { Limits } from '../limits.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';

export interface DetectProtocolOptions {
  readonly limits: Limits;
  /** Undefined: a client that is silent is closed. */
  readonly classic: ClassicPairing | undefined;
  readonly lingering: LingeringClose;
  /** Called with the first bytes of a client that has spoken. */
  readonly onModern: (chunk: Buffer) => void;
}

/**
 * Tells two protocols on one port apart (design 3.1). A client that is silent over
 * IPv4 is classic. Any byte makes it modern, even later, as long as it is not
 * paired. The old programs do not use IPv6, so a client that is silent over IPv6
 * is closed.
 */
export function detectProtocol(
  socket: Socket,
  mapped: MappedEndpoint,
  { limits, classic, lingering, onModern }: DetectProtocolOptions,
): void {
  const client: ClassicClient = {
    mapped,
    write: (bytes) => socket.write(bytes),
    close: () => lingering.close(socket),
  };
  function enter() {
    // A drain has closed it meanwhile.
    if (socket.writableEnded) {
      return;
    }
    socket.setKeepAlive(true, limits.classicKeepAliveMs);
    classic?.arrive(client);
  }
  const [end, ms] =
    classic === undefined || mapped.address.includes(':')
      ? [() => lingering.close(socket), limits.firstLineMs]
      : [enter, limits.classicSilenceMs];
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    // Node runs timers before sockets. If this process was busy, bytes of the client may be here already and come first.
    reading = setImmediate(end);
  }, ms);

  function leave() {
    clearTimeout(timer);
    clearImmediate(reading);
    classic?.withdraw(client);
  }
  // For a pair that was matched, the lingering close has removed this listener and discards the bytes.
  socket.once('data', (chunk) => {
    socket.off('end', leave);
    socket.off('close', leave);
    leave();
    onModern(chunk);
  });
  socket.once('end', leave);
  socket.once('close', leave);
}
