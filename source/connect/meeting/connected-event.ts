import type { ConnectedEvent } from '../../events.ts';
import { familyOf } from '../../network/address.ts';
import type { WonChannel } from '../punch/establish-channel.ts';

/** The first channel of a session. */
export interface MetChannel extends WonChannel {
  /** To be told as soon as the channel can be used. */
  readonly connected: ConnectedEvent;
}

/** `startedAt`: from when its time counts, by performance.now(). */
export function metChannel(won: WonChannel, startedAt: number): MetChannel {
  return { ...won, connected: connectedEvent(won, startedAt) };
}

function connectedEvent(won: WonChannel, startedAt: number): ConnectedEvent {
  return {
    event: 'connected',
    path: won.path,
    family: familyOf(won.remote.address),
    local: won.local,
    remote: won.remote,
    peer: { name: won.peerName },
    ms: Math.round(won.provenAt - startedAt),
    punchMs: Math.max(0, Math.round(won.openedAt - won.dialledAt)),
    cipher: won.cipher,
    group: won.group,
    ...(won.strategy === undefined ? {} : { strategy: won.strategy }),
    ...(won.here && { here: true }),
  };
}
