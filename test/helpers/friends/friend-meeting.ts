/** Friends who meet at a real rendezvous, with clocks of their own. */
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { FriendKey, Waits } from '../../../source/connect/connect-options.ts';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import { meetFriend } from '../../../source/connect/meeting/meet-friend.ts';
import type { Happening, Role } from '../../../source/events.ts';

export const DAY_MS = 86_400_000;
/** In the middle of a day, so that no test is at midnight. */
export const noon = 20_000 * DAY_MS + DAY_MS / 2;
/** The secret of the two. */
export const sharedSecret = randomBytes(32);

export interface SideOptions {
  readonly role: Role;
  readonly now?: () => number;
  readonly waits?: Partial<Waits>;
  readonly waitMs?: number;
  readonly key?: FriendKey;
  readonly mode?: 'chat' | 'pipe';
}

/** Looks for the friend until the test is over. */
export function friendMeeting(
  { port, probePort }: { readonly port: number; readonly probePort: number },
  { role, now = () => noon, key = { secret: sharedSecret, role }, mode = 'chat', ...options }: SideOptions,
) {
  const over = new AbortController();
  const events: Happening[] = [];
  const server = { host: '127.0.0.1', port };
  const context = {
    ...createMeetingContext({ server, probePort, lan: false, friend: key, mode, ...options }, (event) =>
      events.push(event),
    ),
    now,
  };
  const met = meetFriend(context, key, over.signal);
  const ended = met.then(
    ({ link }) => link.destroy(),
    () => undefined,
  );
  onTestFinished(async () => {
    over.abort();
    await ended;
    context.place.close();
  });
  function states() {
    return events.map((event) => (event.event === 'rendezvous' ? event.state : event.event));
  }
  return { met, events, states };
}
