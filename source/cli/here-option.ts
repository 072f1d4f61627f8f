import type { ConnectOptions } from '../connect/connect-options.ts';

/** What connect() needs to meet at this machine. The server is loaded only then. */
export async function hereOption(port: number | undefined): Promise<ConnectOptions['here']> {
  if (port === undefined) {
    return undefined;
  }
  const { serveHere } = await import('../server/hosted/serve-here.ts');
  return { start: serveHere, port };
}
