/** Asks the keepers of named labs. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { suggest } from '../../text/suggest.ts';
import { errorCode, PunchlineError } from '../../errors.ts';
import { parseAnswer, type Answer, type LabState, type Request, readLine } from './lab-messages.ts';
import { labNames, labSocket, removeSocket } from './lab-folder.ts';

/** Bounds an answer: the commands behind it take milliseconds, on a machine under load seconds. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Asks the keeper of a lab for something. Rejects with what it refuses, and with ERR_USAGE where there is no such lab. */
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

/** All labs of this user that are alive; the sockets of the others are removed. */
export async function listLabs(): Promise<LabState[]> {
  const found = await Promise.all(labNames().map((name) => ask(labSocket(name), { do: 'show' })));
  return found.flatMap((answer) => (answer?.ok === true ? [answer.state] : []));
}

/** Whether somebody listens there; a socket on which nobody does is removed. */
export async function isAlive(path: string): Promise<boolean> {
  const socket = await reach(path);
  socket?.destroy();
  return socket !== undefined;
}

async function ask(path: string, request: Request): Promise<Answer | undefined> {
  const socket = await reach(path);
  if (socket === undefined) {
    return undefined;
  }
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
  // What was broken off is told as an answer that is missing.
  socket.on('error', () => undefined);
  socket.end(`${JSON.stringify(request)}\n`);
  const line = await readLine(socket);
  return line === undefined ? undefined : parseAnswer(line);
}

async function reach(path: string): Promise<Socket | undefined> {
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
