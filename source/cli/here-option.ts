import type { ConnectOptions } from '../connect/connect-options.ts';

/** The option of connect() to meet at this machine. The server is loaded only when it starts. */
export function hereOption(port: number | undefined): ConnectOptions['here'] {
  return port === undefined
    ? undefined
    : {
        port,
        start: async (options) => {
          const { serveHere } = await import('../server/hosted/serve-here.ts');
          return serveHere(options);
        },
      };
}
