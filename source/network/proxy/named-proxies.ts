import type { Proxies } from './proxy.ts';
import type { Variables } from './read-proxies.ts';

const names = ['ALL_PROXY', 'HTTPS_PROXY'];

/**
 * What was typed and the variables, read by readProxies(). Most people name no proxy, and then that code is not loaded.
 * @throws PunchlineError ERR_USAGE
 */
export async function namedProxies(typed: string | undefined, variables: Variables): Promise<Proxies> {
  const isNamed = names.some((name) => variables[name] ?? variables[name.toLowerCase()]);
  if (typed === undefined && !isNamed) {
    return {};
  }
  const { readProxies } = await import('./read-proxies.ts');
  return readProxies(typed, variables);
}
