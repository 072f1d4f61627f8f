/**
 * The process that runs a named lab. It listens on the lab's socket and ends
 * with the lab: on a request, on a signal, or when the lab ends by itself. If it
 * dies for any other reason, the lab ends, too, because the lab waits for the end
 * of its input.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { PunchlineError } from '../../errors.ts';
import type { LabDescription } from '../plan/description.ts';
import { isAlive } from './lab-client.ts';
import { parseRequest, refusal, type LabState, type Request, readLine } from './lab-messages.ts';
import { RunningLab } from './running-lab.ts';
import { createLab, type Lab } from '../lab.ts';
import { labSocket, labTools, removeSocket } from './lab-folder.ts';
import { removeTools, writeTools } from './own-tools.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';

/** Bounds how long a connection may take to send its request. */
const REQUEST_TIMEOUT_MS = 5000;

/** Signals on which a daemon removes its socket. After any other, the next program that finds the socket removes it. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface LabDaemon {
  /** Resolves when the lab has ended, for whatever reason. The socket is removed then. */
  readonly ended: Promise<void>;
  state(): Promise<LabState>;
  end(): Promise<void>;
}

/**
 * Makes a lab and serves it under a name. Rejects with ERR_USAGE if the name is
 * taken, and as createLab does.
 */
export async function startLabDaemon(name: string, description: LabDescription): Promise<LabDaemon> {
  // The name is taken before the lab is made. A request that comes meanwhile waits.
  const made = Promise.withResolvers<RunningLab>();
  made.promise.catch(() => undefined);
  const server = await listen(name, (socket) => {
    void serve(socket, async (request) => (await made.promise).obey(request));
  });
  const tools = labTools(labSocket(name));
  function leave() {
    // The socket goes last, because the name is free without it: another daemon may write its tools then.
    removeTools(tools);
    server.close();
  }
  let lab: Lab;
  try {
    placeTools(tools);
    lab = await createLab(description);
  } catch (error) {
    made.reject(error);
    leave();
    throw error;
  }
  const running = new RunningLab(name, description, lab);
  made.resolve(running);
  void lab.ended.then(leave);
  for (const signal of endings) {
    process.on(signal, () => void running.end());
  }
  return { ended: lab.ended, state: () => running.obey({ do: 'show' }), end: () => running.end() };
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

function placeTools(folder: string): void {
  try {
    writeTools(folder);
  } catch (cause) {
    throw new PunchlineError('ERR_FILE', `the folder ${folder} cannot be made: ${fileTrouble(cause)}`, {
      hint: 'Set XDG_RUNTIME_DIR to a folder of your own with free space.',
      cause,
    });
  }
}

async function serve(socket: Socket, obey: (request: Request) => Promise<LabState>): Promise<void> {
  socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
  // The client may close the connection before the answer.
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
