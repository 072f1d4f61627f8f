/** One sample of each message of the rendezvous protocol and of the seals, with all of its fields. */
import type { FileMessage } from '../../../source/connect/files/wire/file-messages.ts';

function bytes(length: number): string {
  return Buffer.alloc(length, 7).toString('base64url');
}
const mapped = { address: '192.0.2.1', port: 4711, probePort: 4712 };
const nat = { mapping: 'address-dependent', step: -1 };
const probe = { probe: 8878, probeHost: '2001:db8::1' };
const joining = {
  t: 'join',
  v: 1,
  client: bytes(16),
  nonce: bytes(16),
  rttMs: 40.5,
  probeToken: bytes(16),
  nat,
  follows: true,
};

export const clientMessages: readonly object[] = [
  { ...joining, number: 7, share: bytes(32), token: bytes(16) },
  { ...joining, room: bytes(16), slot: 'a' },
  { t: 'open', v: 1, client: bytes(16) },
  { t: 'candidate', sealed: bytes(300) },
  { t: 'round', n: 2, rttMs: 1, probeToken: bytes(16) },
  { t: 'relay', ticket: bytes(16) },
  { t: 'done', outcome: 'punched' },
  { t: 'observe', v: 1 },
  { t: 'dial-back', from: 'port' },
  { t: 'wake', v: 1, afterMs: 1000 },
  { t: 'ping' },
  { t: 'pong' },
];

export const serverMessages: readonly object[] = [
  {
    t: 'matched',
    role: 'a',
    you: mapped,
    session: bytes(16),
    peer: { mapped, share: bytes(32), nonce: bytes(16), nat },
    startInMs: 12.5,
    ...probe,
  },
  { t: 'opened', number: 7, you: mapped, token: bytes(16), ...probe },
  { t: 'waiting', you: mapped, ...probe },
  { t: 'candidate', sealed: bytes(300) },
  { t: 'start', n: 2, startInMs: 0, probePort: 4712 },
  { t: 'relaying' },
  { t: 'observed', you: mapped, ...probe },
  { t: 'dialled-back', from: 'address', outcome: 'timeout', ms: 1000 },
  { t: 'awake' },
  { t: 'relay-refused', code: 'full', message: 'too many' },
  { t: 'retry', afterMs: 1000 },
  { t: 'redirect', server: 'example.org', ticket: bytes(16) },
  { t: 'error', code: 'no-such-room', message: 'nobody waits there' },
  { t: 'ping' },
  { t: 'pong' },
];

export const probeMessages: readonly object[] = [{ t: 'probe', token: bytes(16) }];

export const sealedMessages: readonly object[] = [
  {
    t: 'hello',
    name: 'Ada',
    mode: 'chat',
    hosts: [
      { address: '10.0.0.1', port: 5000 },
      { address: 'fe80::1%eth0', port: 5001 },
    ],
    observed: { port: 4711, probePort: 4712 },
    spray: true,
    bursts: 2,
    fans: 1,
    relay: 'auto',
    files: true,
    skips: true,
  },
  { t: 'observed', port: 4711, probePort: 4712 },
  { t: 'forwarded', address: '50.0.1.2', port: 4713 },
];

const id = 0xffffffff;
const reason = 'Grüße 🙂';

/** One sample of each message about files. */
export const fileMessages: readonly FileMessage[] = [
  {
    type: 'offer',
    id,
    bytes: 2 ** 60,
    files: 3,
    isFolder: true,
    fingerprint: Buffer.alloc(32, 7),
    name: '../x',
  },
  { type: 'entry', id, isFolder: false, isExecutable: true, bytes: 5, from: 2, path: 'a/b' },
  { type: 'chunk', id, bytes: Buffer.from('hello') },
  { type: 'end', id, hash: Buffer.alloc(32, 9) },
  { type: 'skip', id, reason },
  { type: 'complete', id },
  { type: 'withdraw', id, isFailure: true, reason },
  { type: 'hidden', id, names: 3 },
  { type: 'unreadable', id, files: 3, named: [{ path: 'a/b', reason }] },
  { type: 'accept', id, entries: 1, bytes: 2 },
  { type: 'decline', id, reason: '' },
  { type: 'stop', id, isFailure: false, reason },
  { type: 'done', id },
];
