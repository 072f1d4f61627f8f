import type { Duplex } from 'node:stream';

/** A client's connection, whatever carries its bytes: TCP, TLS, or a WebSocket in one of them. */
export type ClientStream = Duplex & {
  /** What the client has dialled; undefined if that was somebody else's address, or if the connection is closed. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Drops what is not sent yet, and ends the TCP connection with a RST. */
  resetAndDestroy(): unknown;
};
