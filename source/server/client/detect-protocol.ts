import type { Socket } from 'node:net';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { ClassicClient, ClassicPairing } from '../classic-pairing.ts';
import type { Limits } from '../limits.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';

export interface FrontDoorContext {
  readonly limits: Limits;
  readonly classic: ClassicPairing;
  readonly gentle: LingeringClose;
  /** A client has spoken: these are its first bytes. */
  readonly onModern: (chunk: Buffer) => void;
}

/**
 * Two protocols on one port (design 3.1). Silence over IPv4 makes a client
 * classic; any byte makes it modern, also later, as long as it is unpaired.
 * Silence over IPv6, which the old programs do not speak, ends in a close.
 */
export function detectProtocol(
  socket: Socket,
  mapped: MappedEndpoint,
  { limits, classic, gentle, onModern }: FrontDoorContext,
): void {
  const client: ClassicClient = {
    mapped,
    write: (bytes) => socket.write(bytes),
    close: () => gentle.close(socket),
  };
  function enter() {
    // A drain has begun meanwhile.
    if (socket.writableEnded) {
      return;
    }
    socket.setKeepAlive(true, limits.classicKeepAliveMs);
    classic.arrive(client);
  }
  const [end, ms] = mapped.address.includes(':')
    ? [() => gentle.close(socket), limits.firstLineMs]
    : [enter, limits.classicSilenceMs];
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    // Timers come before sockets: where this process was busy, what the client has said meanwhile is read first.
    reading = setImmediate(end);
  }, ms);

  function leave() {
    clearTimeout(timer);
    clearImmediate(reading);
    classic.withdraw(client);
  }
  // A pair that was matched is closing gently: that has taken this listener off, and throws its bytes away.
  socket.once('data', (chunk) => {
    socket.off('end', leave);
    socket.off('close', leave);
    leave();
    onModern(chunk);
  });
  socket.once('end', leave);
  socket.once('close', leave);
}
