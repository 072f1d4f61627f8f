/** A rendezvous and two chats in a lab: one opens a room, the other joins with its invite. */
import { PunchlineError } from '../../errors.ts';
import { hostIn, proxyIn, type Hosts } from '../lab.ts';
import { startProgram, type Program } from '../program.ts';

export interface Meeting {
  readonly first: Program;
  readonly second: Program;
}

/** What both chats of a meeting are told. */
export interface ChatWords {
  /** Rounds of punching. */
  readonly attempts: number;
  /** Whether the rendezvous may relay; default `never`, because a lab shall show whether the two can connect directly. */
  readonly relay?: string | undefined;
  /** Whether host candidates are used; default true. */
  readonly lan?: boolean | undefined;
  readonly freshPort?: boolean | undefined;
  /** The size of a spray, `DIALSxSOCKETS`. */
  readonly spray?: string | undefined;
  /** Both speak the protocol of the old exercise. */
  readonly classic?: boolean | undefined;
}

export interface MeetingOptions extends ChatWords {
  /** The hosts' names; the first opens the room. */
  readonly hosts: readonly [string, string];
  /** Called with each program as soon as it runs. */
  readonly started?: (program: Program, host: string) => void;
}

/** Starts `punchline serve` in the lab. Resolves when clients can connect, or rejects with ERR_NETWORK. */
export async function startRendezvous(lab: Hosts): Promise<Program> {
  // The hundreds of meetings of a matrix would exceed the limits by address, so all addresses are exempt.
  const words = ['serve', '--log-level', 'silent', '--exempt', '0.0.0.0/0,::/0'];
  const server = startProgram(hostIn(lab, 'rendezvous'), words);
  if ((await server.line('listening')) === undefined) {
    throw failed('the rendezvous of the lab ended');
  }
  return server;
}

/** The words of a chat in a lab. */
export function labChat({ attempts, classic, freshPort, lan, relay = 'never', spray }: ChatWords): string[] {
  const common = ['chat', '--attempts', String(attempts)];
  if (classic === true) {
    return [...common, '--classic'];
  }
  return [
    ...common,
    '--relay',
    relay,
    ...(lan === false ? ['--no-lan'] : []),
    ...(freshPort === true ? ['--fresh-port'] : []),
    ...(spray === undefined ? [] : ['--spray', spray]),
  ];
}

/** Lets two hosts meet. Rejects with ERR_NETWORK if the first cannot open a room. */
export async function startMeeting(lab: Hosts, options: MeetingOptions): Promise<Meeting> {
  const { classic = false, hosts, started = () => undefined } = options;
  const chat = [...labChat(options), '--json'];
  function start(name: string, args: readonly string[]) {
    const proxy = classic ? undefined : proxyIn(lab, name);
    const way = proxy === undefined ? [] : ['--proxy', proxy];
    const program = startProgram(hostIn(lab, name), [...chat, ...way, ...args]);
    started(program, name);
    return program;
  }
  const address = hostIn(lab, 'rendezvous').addresses[0] ?? '';
  const first = start(hosts[0], ['--name', hosts[0], '--server', address]);
  // Classic peers need no invite: they are paired by order of arrival.
  const invite = classic ? undefined : await first.line('invite');
  const waiting = await first.line('rendezvous', ({ state }) => state === 'waiting');
  if (classic && waiting !== undefined) {
    return { first, second: start(hosts[1], ['--name', hosts[1], '--server', address]) };
  }
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
