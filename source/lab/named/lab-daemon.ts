/**
 * The process that owns a named lab. It holds the Lab, listens on the lab's
 * socket, and ends with the lab: when it is told to, when a signal ends it, or
 * when the lab has gone by itself. However it ends, the lab ends too, because
 * the lab waits for the end of its input.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { PunchlineError } from '../../errors.ts';
import type { LabDescription } from '../plan/description.ts';
import { isAlive } from './lab-client.ts';
import { parseRequest, refusal, type LabState, type Request, readLine } from './lab-messages.ts';
import { KeptLab } from './running-lab.ts';
import { createLab, type Lab } from '../lab.ts';
import { labSocket, removeSocket } from './lab-folder.ts';

/** Bounds how long a connection may take to say what it wants. */
const REQUEST_TIMEOUT_MS = 5000;

/** Signals that end a keeper in an orderly way; the others leave the socket, and who finds it removes it. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Keeper {
  /** Resolves when the lab is gone, in whatever way it went; the socket goes with it. */
  readonly ended: Promise<void>;
  state(): Promise<LabState>;
  end(): Promise<void>;
}

/**
 * Makes a lab and keeps it under a name. Rejects with ERR_USAGE where the name
 * is taken, and as createLab does.
 */
export async function keepLab(name: string, description: LabDescription): Promise<Keeper> {
  // The name is taken before the lab is made; who asks for it meanwhile, waits.
  const made = Promise.withResolvers<KeptLab>();
  made.promise.catch(() => undefined);
  const server = await listen(name, (socket) => {
    void serve(socket, async (request) => (await made.promise).obey(request));
  });
  let lab: Lab;
  try {
    lab = await createLab(description);
  } catch (error) {
    made.reject(error);
    server.close();
    throw error;
  }
  const kept = new KeptLab(name, description, lab);
  made.resolve(kept);
  void lab.ended.then(() => server.close());
  for (const signal of endings) {
    process.on(signal, () => void lab.close());
  }
  return { ended: lab.ended, state: () => kept.obey({ do: 'show' }), end: () => lab.close() };
}

async function listen(name: string, serveOne: (socket: Socket) => void): Promise<Server> {
  const path = labSocket(name);
  if (await isAlive(path)) {
    throw new PunchlineError('ERR_USAGE', `there is a lab "${name}" already`, {
      hint: `End it with "punchline lab down ${name}", or name the new one: punchline lab up NAME SITE…`,
    });
  }
  removeSocket(path);
  const server = createServer({ allowHalfOpen: true }, serveOne);
  try {
    await once(server.listen(path), 'listening');
  } catch (cause) {
    throw new PunchlineError('ERR_FILE', `the socket ${path} cannot be made: ${String(cause)}`, {
      hint: 'Set XDG_RUNTIME_DIR to a folder of your own with a short name.',
      cause,
    });
  }
  return server;
}

async function serve(socket: Socket, obey: (request: Request) => Promise<LabState>): Promise<void> {
  socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
  // Who asked may be gone before the answer.
  socket.on('error', () => undefined);
  try {
    const line = await readLine(socket);
    if (line === undefined) {
      socket.destroy();
      return;
    }
    socket.setTimeout(0);
    const state = await obey(parseRequest(line));
    socket.end(`${JSON.stringify({ ok: true, state })}\n`);
  } catch (error) {
    const failure = error instanceof PunchlineError ? error : new PunchlineError('ERR_BUG', String(error));
    socket.end(`${JSON.stringify(refusal(failure))}\n`);
  }
}
