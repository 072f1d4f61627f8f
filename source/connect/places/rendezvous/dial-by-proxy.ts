/** Dials a server through a proxy. */
import { PunchlineError } from '../../../errors.ts';
import { isAddress } from '../../../network/address.ts';
import { openByProxy } from '../../../network/proxy/open-by-proxy.ts';
import { formatProxy, type Proxy } from '../../../network/proxy/proxy.ts';
import { dialAddresses, unreachable, type DialledServer, type DialServerOptions } from './dial-addresses.ts';

/** How long a proxy may take to open the connection. Its own dial may take as long as ours. */
const PROXY_MS = 15_000;

/** Throws ERR_PROXY, ERR_RENDEZVOUS_UNREACHABLE for what is not dialled at all, or the signal's reason. */
export async function dialByProxy(options: DialServerOptions, proxy: Proxy): Promise<DialledServer> {
  const { server, family, signal, onBound, refusal } = options;
  const why = isAddress(server.host)
    ? refusal?.(server.host)
    : refusal && 'a name that the proxy would look up';
  if (why !== undefined) {
    throw unreachable(options, [], [new Error(`${why}, not dialled`)]);
  }
  const name = `the proxy ${formatProxy(proxy)}`;
  const hint = 'Check its address: it is named by --proxy, or by the variable ALL_PROXY or HTTPS_PROXY.';
  const words = { what: name, hint };
  const dialling = dialAddresses({ server: proxy, family, signal, words, ...(onBound && { onBound }) });
  const dialled = await dialling.catch((error: unknown) => {
    throw error instanceof PunchlineError ? proxyUnreachable(name, hint, error) : error;
  });
  const { socket, rttMs: proxyRttMs } = dialled;
  const opened = await openByProxy(socket, { proxy, to: server, proxyRttMs, answerMs: PROXY_MS, signal });
  return { ...opened, family: dialled.family };
}

function proxyUnreachable(name: string, hint: string, cause: PunchlineError): PunchlineError {
  const { message } = cause;
  return new PunchlineError(
    'ERR_PROXY',
    message.startsWith(name) ? message : `${name} cannot be reached: ${message}`,
    { hint, cause },
  );
}
