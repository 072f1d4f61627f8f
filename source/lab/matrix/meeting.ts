/** A rendezvous and two chats in a lab: one opens a room, the other joins with its invite. */
import { PunchlineError } from '../../errors.ts';
import { hostIn, type Lab } from '../lab.ts';
import { startProgram, type Program } from '../program.ts';

export interface Meeting {
  readonly first: Program;
  readonly second: Program;
}

export interface MeetingOptions {
  /** The hosts' names; the first opens the room. */
  readonly hosts: readonly [string, string];
  /** Rounds of punching. */
  readonly attempts: number;
  /** Called with each program as soon as it runs. */
  readonly started?: (program: Program, host: string) => void;
}

/** Starts `punchline serve` in the lab. Resolves when clients can connect, or rejects with ERR_NETWORK. */
export async function startRendezvous(lab: Lab): Promise<Program> {
  // The hundreds of meetings of a matrix would exceed the limits by address, so all addresses are exempt.
  const words = ['serve', '--log-level', 'silent', '--exempt', '0.0.0.0/0,::/0'];
  const server = startProgram(hostIn(lab, 'rendezvous'), words);
  if ((await server.line('listening')) === undefined) {
    throw failed('the rendezvous of the lab ended');
  }
  return server;
}

/** The words of a chat in a lab. Without a relay, because a lab shall show whether the two can connect directly. */
export function labChat(attempts: number): readonly string[] {
  return ['chat', '--no-relay', '--attempts', String(attempts)];
}

/** Lets two hosts meet. Rejects with ERR_NETWORK if the first cannot open a room. */
export async function startMeeting(lab: Lab, options: MeetingOptions): Promise<Meeting> {
  const { attempts, hosts, started = () => undefined } = options;
  const chat = [...labChat(attempts), '--json'];
  function start(name: string, args: readonly string[]) {
    const program = startProgram(hostIn(lab, name), [...chat, ...args]);
    started(program, name);
    return program;
  }
  const address = hostIn(lab, 'rendezvous').addresses[0] ?? '';
  const first = start(hosts[0], ['--name', hosts[0], '--server', address]);
  const invite = await first.line('invite');
  await first.line('rendezvous', ({ state }) => state === 'waiting');
  if (invite === undefined) {
    throw failed(`the chat of ${hosts[0]} could not open a room: ${complaintOf(first)}`);
  }
  return { first, second: start(hosts[1], ['--name', hosts[1], String(invite['invite'])]) };
}

/** The message of a program's last error; undefined if it reported none. */
export function complaintOf({ lines }: Program): string | undefined {
  const error = lines.findLast(({ event }) => event === 'error');
  return error === undefined ? undefined : String(error['message']);
}

function failed(message: string): PunchlineError {
  return new PunchlineError('ERR_NETWORK', message);
}
