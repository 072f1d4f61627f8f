import { dialAddresses, type DialledServer, type DialServerOptions } from './dial-addresses.ts';

/** Connects to a server, through a proxy if one leads there. Throws ERR_RENDEZVOUS_UNREACHABLE, ERR_PROXY, or the signal's reason. */
export async function dialServer(options: DialServerOptions): Promise<DialledServer> {
  const { proxy } = options;
  if (proxy === undefined) {
    return dialAddresses(options);
  }
  // Most need no proxy, and the first frame of the screen does not need this code.
  const { dialByProxy } = await import('./dial-by-proxy.ts');
  return dialByProxy(options, proxy);
}
