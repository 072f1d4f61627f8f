/** Sample events of a chat, for tests of views. */
import type { ConnectedEvent, FileEvent, Happening } from '../../../source/events.ts';

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
  { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server: 'example.org:8877' },
];

export const waiting: readonly Happening[] = [
  { event: 'invite', code: '7-velvet-orbit', invite: '7-velvet-orbit@example.org' },
  { event: 'rendezvous', place: 'rendezvous', state: 'waiting', server: 'example.org:8877', mapped },
];

const first = { event: 'attempt', n: 1, of: 10, kind: 'mapped', ...remote } as const;
const second = { ...first, n: 2 } as const;
const host = { event: 'attempt', n: 1, of: 1, kind: 'host', address: '192.168.1.17', port: 51_000 } as const;

export const punching: readonly Happening[] = [
  { event: 'rendezvous', place: 'rendezvous', state: 'matched', server: 'example.org:8877', mapped },
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

/** Far more dials than a screen should show, all of which failed. */
export const manyAttempts: readonly Happening[] = Array.from({ length: 1000 }, (_, n) => ({
  event: 'attempt',
  n,
  of: 1000,
  kind: 'mapped',
  ...remote,
  outcome: 'refused',
  ms: 1,
}));

const server = 'example.org:8877';
const lan = { address: '192.168.1.7', port: 5123 };
const photo: FileEvent = {
  event: 'file',
  id: 'r1',
  name: 'photo.jpg',
  bytes: 1000,
  files: 1,
  isFolder: false,
  direction: 'received',
  state: 'offered',
};
function progress(done: number): FileEvent {
  return { ...photo, state: 'progress', done, ms: 1 };
}
const letter: FileEvent = { ...photo, id: 's1', name: 'letter', direction: 'sent', leftOut: 2 };

/** Every kind of event, with each of its states and most of its fields, as in a chat with troubles. */
export const fullStory: readonly Happening[] = [
  ...connecting,
  ...waiting,
  { event: 'rendezvous', place: 'rendezvous', state: 'closed', server },
  { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server },
  { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server },
  { event: 'rendezvous', place: 'rendezvous', state: 'waiting', server, mapped: { ...mapped, port: 40_124 } },
  { event: 'message', from: 'me', id: 'me-1', text: 'early' },
  { event: 'typing' },
  ...punching,
  { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server },
  { event: 'rendezvous', place: 'rendezvous', state: 'waiting', server, mapped },
  { event: 'rendezvous', place: 'rendezvous', state: 'matched', server, mapped },
  { event: 'plan', strategy: 'spray', dials: 1024 },
  { event: 'plan', strategy: 'simultaneous', dials: 1 },
  { event: 'nats', own: 'random', peer: 'unknown', direct: 'unknown', why: 'it depends' },
  { event: 'nats', own: 'random', peer: 'random', direct: 'no', why: 'neither port can be guessed' },
  {
    event: 'nats',
    own: 'random',
    peer: 'random',
    direct: 'no',
    why: 'neither port can be guessed',
    relayInMs: 1000,
  },
  { ...second, outcome: 'timeout', ms: 1000 },
  { ...first, n: 3, kind: 'sprayed', dials: 1024, outcome: 'started', ms: 0 },
  { ...first, n: 3, kind: 'predicted', port: 4243, outcome: 'started', ms: 0 },
  { ...first, n: 3, kind: 'predicted', port: 4243, outcome: 'unreachable', ms: 5 },
  { ...host, outcome: 'abandoned', ms: 3000 },
  { event: 'proof', state: 'started', path: 'direct', remote },
  { event: 'proof', state: 'failed', path: 'direct', remote },
  { event: 'relay', state: 'asked', reason: 'nothing answers' },
  { event: 'relay', state: 'asked', reason: 'nothing answers' },
  { event: 'relay', state: 'refused', reason: 'too many' },
  { ...first, n: 3, kind: 'sprayed', dials: 1024, outcome: 'connected', ms: 300 },
  { event: 'error', code: 'ERR_FILE', message: 'the log is full', hint: 'Make room.' },
  connected,
  { event: 'rendezvous', place: 'rendezvous', state: 'closed', server },
  { event: 'delivered', id: 'me-1', ms: 40 },
  { event: 'heartbeat', direction: 'sent', n: 1, text: 'Hello, world', ms: 41 },
  { event: 'heartbeat', direction: 'received', n: 1, text: 'Hello, world' },
  { event: 'typing' },
  { event: 'message', from: 'peer', id: 'peer-1', text: 'one\ntwo' },
  { event: 'renamed', name: 'Anna Lee' },
  { event: 'message', from: 'peer', id: 'peer-2', text: 'three' },
  photo,
  { ...photo, state: 'accepted', done: 300 },
  progress(310),
  progress(490),
  progress(500),
  progress(510),
  progress(760),
  progress(1000),
  { ...photo, state: 'done', done: 1000, ms: 2000, path: '/home/me/photo.jpg', unhidden: 1 },
  letter,
  { ...letter, state: 'declined', by: 'peer', reason: 'not now' },
  { ...letter, id: 's2' },
  { ...letter, id: 's2', state: 'accepted', done: 0 },
  { ...letter, id: 's2', state: 'progress', done: 260, ms: 1 },
  { ...letter, id: 's2', state: 'failed', reason: 'the disk is full' },
  { ...photo, id: 'r2', hidden: 3 },
  { ...photo, id: 'r2', state: 'cancelled', by: 'peer' },
  { event: 'refused', offers: 3, reason: '' },
  { event: 'refused', offers: 1, reason: '100 offers wait for an answer' },
  { event: 'lost', reason: 'no answer for 3 s', queued: 2 },
  { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server },
  { event: 'rendezvous', place: 'rendezvous', state: 'waiting', server, mapped },
  { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server },
  { event: 'rendezvous', place: 'rendezvous', state: 'matched', server, mapped },
  { event: 'peer', role: 'a', candidates: [{ kind: 'predicted', ...remote }] },
  { event: 'plan', strategy: 'predicted', dials: 4 },
  { ...first, outcome: 'started', ms: 0 },
  { ...first, outcome: 'refused', ms: 12 },
  { event: 'relay', state: 'asked', reason: 'both NATs change ports' },
  { event: 'relay', state: 'refused', reason: 'it is full' },
  { event: 'relay', state: 'refused', reason: 'it is full' },
  { event: 'resumed', ms: 2100, resent: 2, path: 'relay' },
  { event: 'path', path: 'lan', remote: lan, reason: 'the peer is on this network' },
  { event: 'lost', reason: 'the channel is gone', queued: 0 },
  { event: 'resumed', ms: 80, resent: 0, path: 'direct' },
  { event: 'message', from: 'me', id: 'me-2', text: 'still there?' },
  { event: 'error', code: 'ERR_CONNECTION_LOST', message: 'the connection was lost', hint: '' },
  { event: 'ended', reason: 'failed', exit: 7, undelivered: 1 },
];
