/** Sends requests to the daemons of named labs. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { suggest } from '../../text/suggest.ts';
import { errorCode, PunchlineError } from '../../errors.ts';
import { parseAnswer, type Answer, type LabState, type Request, readLine } from './lab-messages.ts';
import { labNames, labSocket, removeSocket } from './lab-folder.ts';

/** Bounds the wait for an answer. Its commands take milliseconds, or seconds on a machine under load. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Sends a request to the daemon of a lab. Rejects with the daemon's refusal, or with ERR_USAGE if there is no such lab. */
export async function askLab(name: string, request: Request): Promise<LabState> {
  const answer = await ask(labSocket(name), request);
  if (answer === undefined) {
    throw await noSuchLab(name);
  }
  if (answer.ok) {
    return answer.state;
  }
  const { code, hint, message } = answer;
  throw new PunchlineError(code, message, hint === undefined ? {} : { hint });
}

/** All running labs of this user. Removes sockets on which nobody listens. */
export async function listLabs(): Promise<LabState[]> {
  const found = await Promise.all(labNames().map((name) => ask(labSocket(name), { do: 'show' })));
  return found.flatMap((answer) => (answer?.ok === true ? [answer.state] : []));
}

/** Whether a daemon listens on the socket. Removes a socket on which nobody listens. */
export async function isAlive(path: string): Promise<boolean> {
  const socket = await connectTo(path);
  socket?.destroy();
  return socket !== undefined;
}

async function ask(path: string, request: Request): Promise<Answer | undefined> {
  const socket = await connectTo(path);
  if (socket === undefined) {
    return undefined;
  }
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
  // If the connection breaks, the answer is missing, and readLine tells so.
  socket.on('error', () => undefined);
  socket.end(`${JSON.stringify(request)}\n`);
  const line = await readLine(socket);
  return line === undefined ? undefined : parseAnswer(line);
}

async function connectTo(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'ECONNREFUSED') {
      removeSocket(path);
    }
    if (code === 'ECONNREFUSED' || code === 'ENOENT') {
      return undefined;
    }
    throw new PunchlineError('ERR_PERMISSION', `the socket ${path} cannot be reached: ${String(cause)}`, {
      cause,
    });
  }
}

async function noSuchLab(name: string): Promise<PunchlineError> {
  const names = (await listLabs()).map((lab) => lab.name);
  const meant = suggest(name, names);
  const running = names.length === 0 ? 'None is running: punchline lab up' : `Running: ${names.join(', ')}.`;
  return new PunchlineError('ERR_USAGE', `there is no lab "${name}"`, {
    hint: meant === undefined ? running : `Did you mean "${meant}"?`,
  });
}
