import type { AddressInfo, Server } from 'node:net';
import { PunchlineError } from '../errors.ts';

export interface ListenAddress {
  /** 0: any free one. */
  readonly port: number;
  /** None: all addresses of both families, where the machine has both. */
  readonly host?: string | undefined;
}

/** Resolves with the port. Throws ERR_PORT_IN_USE, ERR_PERMISSION or ERR_NETWORK. */
export const listen = (
  server: Server,
  { port, host }: ListenAddress,
  options = '--port and --probe-port',
): Promise<number> =>
  new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      reject(listenError(error, port, host, options));
    };
    server.once('error', fail);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });

const listenError = (
  cause: NodeJS.ErrnoException,
  port: number,
  host: string | undefined,
  options: string,
): PunchlineError => {
  const where = host === undefined ? `port ${port}` : `port ${port} of ${host}`;
  if (cause.code === 'EADDRINUSE') {
    return new PunchlineError('ERR_PORT_IN_USE', `${where} is in use by another program`, {
      hint: `Stop that program, or choose another port with ${options} (0: any).`,
      cause,
    });
  }
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new PunchlineError('ERR_PERMISSION', `this user may not listen on ${where}`, {
      hint: `Choose a port of 1024 or above with ${options}.`,
      cause,
    });
  }
  return new PunchlineError('ERR_NETWORK', `cannot listen on ${where} (${cause.code ?? cause.message})`, {
    hint: 'Give --host and --probe-host an address of this machine, or leave them out to listen on all.',
    cause,
  });
};
