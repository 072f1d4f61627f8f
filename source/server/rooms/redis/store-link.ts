import { createClient, ErrorReply } from '@redis/client';
import type { StoreAddress } from './store-url.ts';
import { PunchlineError } from '../../../errors.ts';
import { within } from '../../../network/waiting.ts';
import { storeFailure } from './store-failure.ts';
import { storeScript } from './store-script.ts';

/** Redis 6.2 has ACL users, and scripts that write after they have asked for the time. So does any Valkey. */
const oldestVersion = [6, 2] as const;

/** For the TCP handshake, and again for all of opening. The store is expected to be near its servers. */
const CONNECT_MS = 3000;
/** The same for the first time: a machine that starts its servers and its store is busy. */
export const START_MS = 10_000;

export interface StoreLinkEvents {
  /** A message has come on the channel of this process. */
  onMessage(text: string): void;
  /** Called once. Nothing works from then on. */
  onLost(reason: PunchlineError): void;
}

/** Two connections to a store, one for commands and one for events. When one of them ends, so does the link. */
export interface StoreLink {
  /** Runs one request, atomically, in the order of the calls. Resolves with its answer. Throws PunchlineError. */
  run(request: object): Promise<unknown>;
  /** Sends to the channel of a process. */
  publish(process: string, message: object): void;
  /** Waits for the answers to open requests, `ms` at most. */
  close(ms: number): Promise<void>;
  destroy(): void;
}

interface OpenOptions {
  readonly openMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects, checks that the store can do what is needed, and listens. Throws PunchlineError with ERR_STORE, or the
 * signal's reason.
 */
export async function openStoreLink(
  address: StoreAddress,
  process: string,
  on: StoreLinkEvents,
  { openMs = CONNECT_MS, signal }: OpenOptions,
): Promise<StoreLink> {
  const over = new AbortController();
  const clients = [newClient(address, openMs, over.signal), newClient(address, openMs, over.signal)] as const;
  const [commands, events] = clients;
  let isOver = false;
  function destroy() {
    isOver = true;
    for (const client of clients) {
      if (client.isOpen) {
        client.destroy();
      }
    }
    // A client that is destroyed as it connects would still connect, and then wait for ever.
    over.abort();
  }
  function fail(error: unknown): PunchlineError {
    const failure = storeFailure(address, error);
    if (!isOver) {
      destroy();
      on.onLost(failure);
    }
    return failure;
  }
  let isOpening = true;
  for (const client of clients) {
    client.on('error', (error: unknown) => {
      if (!isOpening) {
        fail(error);
      }
    });
  }

  const sha = await within(
    (async () => {
      await Promise.all(clients.map((client) => client.connect()));
      checkVersion(address, await commands.info('server'));
      await events.subscribe(channelOf(process), (text) => on.onMessage(text));
      return commands.scriptLoad(storeScript);
    })(),
    openMs,
    signal,
  ).catch((error: unknown) => {
    destroy();
    signal?.throwIfAborted();
    throw storeFailure(address, error);
  });
  isOpening = false;

  return {
    run: async (request) => {
      try {
        const reply = await evaluate(commands, sha, JSON.stringify(request));
        return typeof reply === 'string' ? JSON.parse(reply) : reply;
      } catch (error) {
        throw fail(error);
      }
    },
    publish: (to, message) => {
      commands.publish(channelOf(to), JSON.stringify(message)).catch(fail);
    },
    close: async (ms) => {
      isOver = true;
      const timer = setTimeout(destroy, ms);
      await Promise.allSettled(clients.map((client) => client.close()));
      clearTimeout(timer);
    },
    destroy,
  };
}

async function evaluate(
  commands: ReturnType<typeof newClient>,
  sha: string,
  request: string,
): Promise<unknown> {
  try {
    return await commands.evalSha(sha, { arguments: [request] });
  } catch (error) {
    // The store has lost its scripts, by a flush or a restart.
    if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) {
      throw error;
    }
    return commands.eval(storeScript, { arguments: [request] });
  }
}

function channelOf(process: string): string {
  return `punchline:to:${process}`;
}

/** @param signal ends the connection, also while it is made. */
function newClient(
  { host, port, tls, username, password, database }: StoreAddress,
  openMs: number,
  signal: AbortSignal,
) {
  return createClient({
    // Events have a connection of their own, so the older protocol is enough, and every store speaks it.
    RESP: 2,
    socket: {
      host,
      port,
      ...(tls && { tls }),
      connectTimeout: openMs,
      signal,
      noDelay: true,
      // Events may be lost with a connection, so the matchmaker has to begin anew.
      reconnectStrategy: false,
    },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // The beat notices a store that does not answer, so that no command needs a timer.
    commandOptions: { timeout: 0 },
  });
}

function checkVersion({ shown }: StoreAddress, info: string): void {
  const [, major = '0', minor = '0'] = /^redis_version:(\d+)\.(\d+)/m.exec(info) ?? [];
  const [oldMajor, oldMinor] = oldestVersion;
  if (Number(major) > oldMajor || (Number(major) === oldMajor && Number(minor) >= oldMinor)) {
    return;
  }
  throw new PunchlineError(
    'ERR_STORE',
    `the store ${shown} is Redis ${major}.${minor}, older than ${oldMajor}.${oldMinor}`,
    {
      hint: 'A rendezvous needs Redis 6.2 or newer, or Valkey.',
    },
  );
}
