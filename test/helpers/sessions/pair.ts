import { openRendezvous } from '../servers/local-rendezvous.ts';
import { startPunchline, type Punchline, type PunchlineOptions } from '../programs/punchline.ts';

export const code = '1234-velvet-orbit';

export interface Side {
  /** By default `--json`. */
  readonly face?: string;
  readonly args?: readonly string[];
  readonly options?: PunchlineOptions;
}

/**
 * Two chats with a code agreed beforehand, at a server of their own. The first
 * one waits before the second one starts.
 */
export async function startPair(first: Side = {}, second: Side = {}): Promise<[Punchline, Punchline]> {
  const { options: server } = await openRendezvous();
  function start({ face = '--json', args = [], options }: Side) {
    return startPunchline(['chat', face, '--code', code, ...server, ...args], options);
  }
  const one = start(first);
  await one.waitForText(/waiting/);
  return [one, start(second)];
}
