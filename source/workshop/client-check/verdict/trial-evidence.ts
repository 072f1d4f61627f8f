/** What is known of one trial: what the network saw, and what the two programs said. */
import type { WatchEvent } from '../../../lab/watch/watch-events.ts';

/** The server tells the first arrival that it is so, and the second where the first is. */
export const roles = ['first', 'second'] as const;
export type Role = (typeof roles)[number];

/** The TCP ports that a host uses at one moment. */
export interface PortsInUse {
  /** Local ports on which something listens. */
  readonly listens: readonly number[];
  /** Remote ports to which there is a connection. */
  readonly remotes: readonly number[];
}

export interface ProgramEnd {
  readonly at: number;
  /** One of the two is null. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** One of the two programs of a trial. */
export interface Side {
  readonly role: Role;
  /** Its place in the watch events. */
  readonly host: string;
  /** `client` is under test; `chat` is our own `chat --classic`. */
  readonly program: 'client' | 'chat';
  /** The beginning of what it printed. */
  readonly stdout: string;
  readonly stderr: string;
  readonly end: ProgramEnd | undefined;
  /** All ports on which anything in its host listened at any time. */
  readonly listened: ReadonlySet<number>;
}

export interface Evidence {
  readonly events: readonly WatchEvent[];
  /** When the trial was over, and both programs were ended. What came later is not theirs. */
  readonly endAt: number;
  /** The endpoint of the rendezvous. */
  readonly rendezvous: string;
  readonly first: Side;
  readonly second: Side;
}

/** Every second, the first sends it. The second prints it. */
export const helloText = 'Hello, world';

/** Whether the greeting has come out of the second. */
export function isPassed({ second }: Pick<Evidence, 'second'>): boolean {
  return second.stdout.includes(helloText);
}
