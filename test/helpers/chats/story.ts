/** Recorded events of a chat on its way, for what shows events. */
import type { ConnectedEvent, Happening } from '../../../source/events.ts';

export const mapped = { address: '198.51.100.7', port: 40_123 };
export const remote = { address: '203.0.113.5', port: 4242 };

export const connected: ConnectedEvent = {
  event: 'connected',
  path: 'direct',
  family: 4,
  local: { address: '10.0.0.2', port: 40_000 },
  remote,
  peer: { name: 'anna' },
  ms: 251,
  punchMs: 81,
  cipher: 'TLS_CHACHA20_POLY1305_SHA256',
  group: 'X25519MLKEM768',
};

export const connecting: readonly Happening[] = [
  { event: 'rendezvous', state: 'connecting', server: 'example.org:8877' },
];

export const waiting: readonly Happening[] = [
  { event: 'invite', code: '7-velvet-orbit', invite: '7-velvet-orbit@example.org' },
  { event: 'rendezvous', state: 'waiting', server: 'example.org:8877', mapped },
];

const first = { event: 'attempt', n: 1, of: 10, kind: 'mapped', ...remote } as const;
const second = { ...first, n: 2 } as const;
const host = { event: 'attempt', n: 1, of: 1, kind: 'host', address: '192.168.1.17', port: 51_000 } as const;

export const punching: readonly Happening[] = [
  { event: 'rendezvous', state: 'matched', server: 'example.org:8877', mapped },
  { event: 'peer', role: 'b', candidates: [{ kind: 'mapped', ...remote }] },
  { event: 'plan', strategy: 'simultaneous', dials: 1 },
  { ...first, outcome: 'started', ms: 0 },
  { ...first, outcome: 'refused', ms: 41 },
  { ...second, outcome: 'started', ms: 0 },
  {
    event: 'peer',
    role: 'b',
    candidates: [
      { kind: 'mapped', ...remote },
      { kind: 'host', address: host.address, port: host.port },
    ],
  },
  { ...host, outcome: 'started', ms: 0 },
];

export const punched: readonly Happening[] = [
  { ...host, outcome: 'timeout', ms: 2500 },
  { ...second, outcome: 'connected', ms: 81 },
  connected,
];

export const wholeStory: readonly Happening[] = [...connecting, ...waiting, ...punching, ...punched];

export function fromPeer(text: string, id = text): Happening {
  return { event: 'message', from: 'peer', id, text };
}

/** Far more dials than anybody wants to see, none of which came through. */
export const manyAttempts: readonly Happening[] = Array.from({ length: 1000 }, (_, n) => ({
  event: 'attempt',
  n,
  of: 1000,
  kind: 'mapped',
  ...remote,
  outcome: 'refused',
  ms: 1,
}));
