import { usageError } from '../../errors.ts';
import { parseServer, type Server } from '../../network/endpoint.ts';
import { quoteWord } from '../../protocol/quote-word.ts';
import { quote } from '../../text/safe-text.ts';

/** The port is always named, also where it is that of a rendezvous. */
export function formatTarget({ host, port }: Server): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Reads `HOST:PORT`. `what` names it in the error. Throws ERR_USAGE. */
export function parseTarget(text: string, what: string): Server {
  const target = parseServer(text, 0);
  if (target.port === 0) {
    throw usageError(`${what} ${quote(text)} names no port`, 'Write HOST:PORT, for example localhost:80.');
  }
  return { ...target, host: target.host.toLowerCase() };
}

/** A port of this side, and where the connections to it lead on the other one. */
export interface Forward {
  /** The address to listen on. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly target: Server;
}

const form =
  'Write PORT:HOST:PORT, for example 8080:localhost:80: the port here, then the host and the port there. An address to listen on stands in front: 0.0.0.0:8080:localhost:80.';

const MAX_PORT = 65_535;

/** Reads `[ADDRESS:]PORT:HOST:PORT`. IPv6 addresses stand in brackets. Throws ERR_USAGE. */
export function parseForward(text: string): Forward {
  const [, address = '127.0.0.1', port = '', target = ''] =
    /^(?:(\[[^\]\s]+\]|[^:[\]\s]+):)?(\d+):((?:\[[^\]]+\]|[^:[\]]+):\d+)$/.exec(text.trim()) ?? [];
  if (target === '') {
    throw usageError(`${quoteWord(text, 'one of the words')} is no forward`, form);
  }
  if (Number(port) > MAX_PORT) {
    throw usageError(`the port ${port} in ${quote(text)} is above ${MAX_PORT}`, form);
  }
  return {
    host: address.replaceAll(/[[\]]/g, ''),
    port: Number(port),
    target: parseTarget(target, 'the target'),
  };
}
