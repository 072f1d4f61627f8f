import { createServer, type Server, type Socket, type AddressInfo } from 'node:net';
import { canonicalAddress, isAddress } from '../../network/address.ts';
import { DEFAULT_PORT } from '../../network/endpoint.ts';
import { connectError } from '../../network/sockets.ts';
import { outOfFiles, PunchlineError } from '../../errors.ts';

/**
 * Node reads a paused connection until this many bytes lie here. With its default of 64 KiB, a client that sends byte
 * by byte would cost as much while it is paused as while it is read.
 */
export const HIGH_WATER_BYTES = 1;

export interface ListenersOptions {
  /** Default 8877; 0: any free one. */
  readonly port?: number | undefined;
  /** The address to listen on; default: all, of both families. */
  readonly host?: string | undefined;
  /** Default: 8878 with port 8877; with any other port the next one, or any free one if that is in use. */
  readonly probePort?: number | undefined;
  /** A second address of this machine, at which clients may probe, too. */
  readonly probeHost?: string | undefined;
}

export interface Listeners {
  readonly port: number;
  readonly probePort: number;
  /** The second address, as clients are told it. */
  readonly probeHost: string | undefined;
  readonly all: readonly Server[];
}

/**
 * Opens the main port and the probe port on all wanted addresses. If one of them fails, or the signal is aborted
 * meanwhile, none stays open.
 */
export async function openListeners(
  options: ListenersOptions & { readonly signal?: AbortSignal | undefined },
  onClient: (socket: Socket) => void,
  onProbe: (socket: Socket) => void,
): Promise<Listeners> {
  const { port = DEFAULT_PORT, probePort } = options;
  const [host, probeHost] = [options.host, options.probeHost].map(plainHost);
  if (probeHost !== undefined && !isAddress(probeHost)) {
    throw new PunchlineError('ERR_USAGE', `--probe-host ${probeHost} is no IP address`, {
      hint: 'Give a second address of this machine, such as 203.0.113.8.',
    });
  }
  // We send small lines, and somebody waits for each of them.
  const socketOptions = { noDelay: true, highWaterMark: HIGH_WATER_BYTES };
  const main = createServer(socketOptions, onClient);
  const probe = createServer(socketOptions, onProbe);
  const all = [main, probe];
  try {
    const mainPort = await listen(main, { port, host });
    const seenPort = await listenForProbes(probe, host, mainPort, probePort);
    // A listener on all addresses covers the second one, even if only a router in front of us has it.
    if (probeHost !== undefined && !covers(host, probeHost)) {
      const second = createServer(socketOptions, onProbe);
      all.push(second);
      await listen(second, { port: seenPort, host: probeHost });
    }
    options.signal?.throwIfAborted();
    return { port: mainPort, probePort: seenPort, probeHost, all };
  } catch (error) {
    for (const server of all) {
      server.close();
    }
    throw error;
  }
}

/** Turns an address into its canonical spelling, and leaves a name as it is. */
function plainHost(host: string | undefined): string | undefined {
  return host !== undefined && isAddress(host) ? canonicalAddress(host) : host;
}

function covers(host: string | undefined, address: string): boolean {
  return (
    host === undefined || host === '::' || host === address || (host === '0.0.0.0' && !address.includes(':'))
  );
}

/** A client that knows only our main port tries the next one as the probe port, so we use that one if we can. */
async function listenForProbes(
  server: Server,
  host: string | undefined,
  mainPort: number,
  wanted: number | undefined,
): Promise<number> {
  if (wanted !== undefined) {
    return listen(server, { port: wanted, host });
  }
  if (mainPort === DEFAULT_PORT) {
    return listen(server, { port: mainPort + 1, host });
  }
  try {
    return await listen(server, { port: mainPort === 65_535 ? 0 : mainPort + 1, host });
  } catch (error) {
    if (!(error instanceof PunchlineError) || error.code !== 'ERR_PORT_IN_USE') {
      throw error;
    }
    return listen(server, { port: 0, host });
  }
}

export interface ListenAddress {
  /** 0: any free one. */
  readonly port: number;
  /** Undefined: all addresses of both families, if the machine has both. */
  readonly host?: string | undefined;
}

/** Resolves with the port. Throws ERR_PORT_IN_USE, ERR_PERMISSION or ERR_NETWORK. */
export function listen(
  server: Server,
  { port, host }: ListenAddress,
  options = '--port and --probe-port',
): Promise<number> {
  return new Promise((resolve, reject) => {
    function fail(error: NodeJS.ErrnoException) {
      reject(listenError(error, port, host, options));
    }
    server.once('error', fail);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const words: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'this machine does not have that address',
  EAFNOSUPPORT: 'this machine has no addresses of that kind',
  ENOTFOUND: 'that name leads to no address',
  EAI_AGAIN: 'that name cannot be looked up now',
};

function listenError(
  cause: NodeJS.ErrnoException,
  port: number,
  host: string | undefined,
  options: string,
): PunchlineError {
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
  const shortage = outOfFiles(cause);
  if (shortage !== undefined) {
    return shortage;
  }
  const why = words[cause.code ?? ''] ?? connectError(cause);
  return new PunchlineError('ERR_NETWORK', `cannot listen on ${where}: ${why}`, {
    hint:
      options === '--metrics'
        ? 'Give --metrics an address of this machine, or a port alone.'
        : 'Give --host and --probe-host an address of this machine, or leave them out to listen on all.',
    cause,
  });
}
