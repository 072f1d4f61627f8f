/** Makes a lab that stays: a process of its own makes it and keeps it. */
import { spawn } from 'node:child_process';
import { PunchlineError } from '../../errors.ts';
import { ownCommand } from '../program.ts';
import type { LabDescription } from '../plan/description.ts';
import { parseAnswer, readLine, type LabState } from './lab-messages.ts';

/** Starts the process that keeps the lab, and detaches from it when the lab is up. Rejects with the error that it reports. */
export async function holdLab(name: string, description: LabDescription): Promise<LabState> {
  const [file = '', ...args] = ownCommand(['lab', 'hold']);
  // In a session of its own it outlives this terminal. In `/`, it keeps no disk from being unmounted.
  const daemon = spawn(file, args, { detached: true, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'] });
  // If it ends early, no answer comes, which is the error that counts.
  daemon.stdin.on('error', () => undefined);
  daemon.stdin.write(`${JSON.stringify({ name, description })}\n`);
  const line = await readLine(daemon.stdout);
  if (line === undefined) {
    throw new PunchlineError('ERR_BUG', `the process that keeps the lab "${name}" ended without an answer`);
  }
  const answer = parseAnswer(line);
  if (!answer.ok) {
    const { code, hint, message } = answer;
    throw new PunchlineError(code, message, hint === undefined ? {} : { hint });
  }
  await new Promise<void>((done) => daemon.stdin.end('keep\n', () => done()));
  daemon.stdout.destroy();
  daemon.unref();
  return answer.state;
}
