import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A client's connection, whatever carries its bytes: TCP, TLS, or a WebSocket in one of them. */
export type ClientStream = Duplex &
  Pick<Socket, 'localAddress' | 'localPort'> & {
    /** Drops what is not sent yet, and ends the TCP connection with a RST. */
    resetAndDestroy(): unknown;
  };
