/** The shapes of the lines of `--json`, field by field, as other programs read them. */
import { expect } from 'vitest';

const text = expect.any(String) as unknown;
const count = expect.toSatisfy((value) => Number.isInteger(value) && Number(value) >= 1, 'a count from 1');
const ms = expect.toSatisfy((value) => Number.isInteger(value) && Number(value) >= 0, 'milliseconds');
const port = expect.toSatisfy((value) => Number.isInteger(value) && value > 0 && value < 65_536, 'a port');
function oneOf(...values: readonly unknown[]) {
  return expect.toSatisfy((value) => values.includes(value), `one of ${values.join(', ')}`) as unknown;
}

const endpoint = { address: text, port };
const kind = oneOf('host', 'mapped', 'forwarded', 'predicted', 'sprayed');
const path = oneOf('lan', 'direct', 'relay');
const strategy = oneOf('simultaneous', 'predicted', 'spray', 'host', 'forwarded');
const nat = oneOf('none', 'endpoint-independent', 'address-dependent', 'counting', 'random', 'unknown');

/** The fields besides `v`, `event` and `at`. Those that may be missing are in `optional`. */
const fields: Readonly<Record<string, Record<string, unknown>>> = {
  invite: { code: expect.stringMatching(/^\d+-[a-z]+-[a-z]+$/), invite: text },
  rendezvous: {
    state: oneOf('connecting', 'waiting', 'matched', 'closed'),
    place: oneOf('rendezvous', 'mailbox', 'here', 'local'),
    server: text,
  },
  peer: { role: oneOf('a', 'b'), candidates: expect.any(Array) },
  plan: { strategy, dials: count },
  attempt: {
    n: count,
    of: count,
    kind,
    ...endpoint,
    outcome: oneOf('started', 'connected', 'refused', 'timeout', 'unreachable', 'abandoned'),
    ms,
  },
  connected: {
    path,
    family: oneOf(4, 6),
    local: endpoint,
    remote: endpoint,
    peer: { name: text },
    ms,
    punchMs: ms,
    cipher: text,
    group: text,
  },
  nats: { own: nat, peer: nat, direct: oneOf('yes', 'usually', 'no', 'unknown'), why: text },
  proof: { state: oneOf('started', 'failed'), path, remote: endpoint },
  forwarded: { ...endpoint, protocol: oneOf('pcp', 'nat-pmp', 'upnp') },
  relay: { state: oneOf('asked', 'refused'), reason: text },
  message: { from: oneOf('me', 'peer'), id: text, text },
  history: { from: oneOf('me', 'peer'), text, writtenAt: ms },
  friend: { state: oneOf('meeting', 'asked', 'offered', 'kept', 'failed', 'removed') },
  delivered: { id: text, ms },
  heartbeat: { direction: oneOf('sent', 'received'), n: count, text },
  renamed: { name: text },
  typing: {},
  file: {
    id: expect.stringMatching(/^[rs]\d+$/),
    name: text,
    bytes: ms,
    files: ms,
    isFolder: expect.any(Boolean),
    direction: oneOf('sent', 'received'),
    state: oneOf('offered', 'accepted', 'declined', 'progress', 'done', 'failed', 'cancelled'),
  },
  refused: { offers: count, reason: text },
  lost: { reason: text, queued: ms },
  resumed: { ms, resent: ms, path },
  error: { code: expect.stringMatching(/^ERR_[A-Z_]+$/), message: text, hint: text },
  ended: { reason: oneOf('quit', 'peer-left', 'interrupted', 'failed'), exit: ms },
};
const optional: Readonly<Record<string, Record<string, unknown>>> = {
  invite: { reach: oneOf('anywhere', 'local network'), hint: text },
  rendezvous: { mapped: endpoint, motd: text, unreachedPort: count },
  attempt: { dials: count, strategy, reason: text },
  message: { again: true, writtenAt: ms },
  friend: { name: text, by: oneOf('us', 'peer'), reason: text },
  resumed: { restarted: true },
  nats: { relayInMs: ms, noRelay: oneOf('me', 'peer') },
  error: { tries: expect.any(Array) },
  connected: { here: true, strategy },
  ended: { undelivered: count, waitsFor: text },
  heartbeat: { ms },
  file: {
    done: ms,
    ms,
    path: text,
    by: oneOf('me', 'peer'),
    reason: text,
    leftOut: count,
    hidden: count,
    unhidden: count,
    missing: count,
    missingFiles: expect.any(Array),
    unreadable: count,
    unreadableFiles: expect.any(Array),
  },
};

/**
 * Expects that every event has exactly the fields of the contract, that `ended`
 * comes last and once, and that times do not go back.
 */
export function expectEventShapes(events: readonly { readonly event: string; readonly at: number }[]): void {
  for (const event of events) {
    const wanted: Record<string, unknown> = { v: 1, event: event.event, at: ms, ...fields[event.event] };
    for (const [name, shape] of Object.entries(optional[event.event] ?? {})) {
      if (name in event) {
        wanted[name] = shape;
      }
    }
    expect(fields, `an event ${event.event}`).toHaveProperty(event.event);
    expect(event).toEqual(wanted);
    if ('missingFiles' in event) {
      for (const file of event.missingFiles as unknown[]) {
        expect(file).toEqual({ path: text, reason: text });
      }
    }
    if ('candidates' in event) {
      for (const candidate of event.candidates as unknown[]) {
        expect(candidate).toEqual({ kind, ...endpoint });
      }
    }
    if ('unreadableFiles' in event) {
      for (const file of event.unreadableFiles as unknown[]) {
        expect(file).toEqual({ path: text, reason: text });
      }
    }
  }
  expect(events.filter(({ event }) => event === 'ended')).toHaveLength(1);
  expect(events.at(-1)?.event).toBe('ended');
  const times = events.map(({ at }) => at);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
}
