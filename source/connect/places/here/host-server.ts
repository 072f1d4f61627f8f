import type { Socket } from 'node:net';

/**
 * The rendezvous that runs inside this program. `connect` does not import the server: the caller hands over the
 * function that starts it.
 */
export interface HostServer {
  readonly port: number;
  /** Enters as the host. The server's messages go to `deliver`, which may be called before this returns. */
  enter(deliver: (message: HostMessage) => void): HostEntry;
  /** Drops all but the connections that the host has got. */
  close(): void;
}

/** A message of the rendezvous protocol. Its fields are for the server and this place alone. */
export interface HostMessage {
  readonly t: string;
}

/** One visit of the host. */
export interface HostEntry {
  send(message: HostMessage): void;
  /**
   * Resolves with the guest's connection, paused, when the guest has asked for it; with why there is none if the guest
   * leaves. Rejects with the signal's reason.
   */
  connection(signal: AbortSignal): Promise<Socket | string>;
  leave(): void;
}

export type StartHost = (options: HostOptions) => Promise<HostServer>;

export interface HostOptions {
  /** 0: any free one. */
  readonly port: number;
  /** The address to listen on; undefined: all, of both families. */
  readonly host: string | undefined;
}
