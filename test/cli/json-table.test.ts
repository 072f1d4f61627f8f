/** The table of events in the manual, and the types. A value that is new in a type is missed by tsc here. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type {
  AttemptOutcome,
  CandidateKind,
  EndedEvent,
  ForwardedEvent,
  FriendEvent,
  Happening,
  OmittedEvent,
  Path,
  PlaceKind,
  ProofEvent,
  RelayEvent,
  RendezvousEvent,
} from '../../source/events.ts';
import { quoted } from '../helpers/manual-tables.ts';

type Each<Value extends string> = Readonly<Record<Value, true>>;

const page = readFileSync(new URL('../../source/cli/manual/json.md', import.meta.url), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| `(?<event>[a-z]+)` +\| (?<fields>.+)\|$/gm)].map(({ groups = {} }) => [
    groups['event'] ?? '',
    groups['fields'] ?? '',
  ]),
);

/** The values that a row lists behind a field. What stands in brackets explains one of them. */
function valuesOf(event: string, field: string): string[] {
  const fields = (rows.get(event) ?? '').replaceAll(/ \([^)]*\)/g, '');
  const [, list = ''] = new RegExp(`\`${field}\`: ((?:\`[^\`]+\`[ ;]*)+)`).exec(fields) ?? [];
  return quoted(list.split(';', 1)[0] ?? '');
}

test('the table has a row for each event', () => {
  const events: Each<(Happening | OmittedEvent)['event']> = {
    attempt: true,
    connected: true,
    delivered: true,
    ended: true,
    error: true,
    file: true,
    forwarded: true,
    friend: true,
    heartbeat: true,
    history: true,
    invite: true,
    lost: true,
    message: true,
    nats: true,
    omitted: true,
    path: true,
    peer: true,
    plan: true,
    proof: true,
    refused: true,
    relay: true,
    renamed: true,
    rendezvous: true,
    resumed: true,
    typing: true,
  };
  expect([...rows.keys()].toSorted()).toEqual(Object.keys(events).toSorted());
});

const places: Each<PlaceKind> = { rendezvous: true, mailbox: true, here: true, local: true };
const visits: Each<RendezvousEvent['state']> = {
  connecting: true,
  waiting: true,
  matched: true,
  closed: true,
};
const kinds: Each<CandidateKind> = {
  host: true,
  mapped: true,
  forwarded: true,
  predicted: true,
  sprayed: true,
};
const outcomes: Each<AttemptOutcome> = {
  started: true,
  connected: true,
  refused: true,
  timeout: true,
  unreachable: true,
  abandoned: true,
};
const proofs: Each<ProofEvent['state']> = { started: true, failed: true };
const protocols: Each<ForwardedEvent['protocol']> = { pcp: true, 'nat-pmp': true, upnp: true };
const relays: Each<RelayEvent['state']> = { asked: true, refused: true };
const friendships: Each<FriendEvent['state']> = {
  meeting: true,
  asked: true,
  offered: true,
  kept: true,
  failed: true,
  removed: true,
};
const paths: Each<Path> = { lan: true, direct: true, relay: true };
const ends: Each<EndedEvent['reason']> = { quit: true, 'peer-left': true, interrupted: true, failed: true };

test.each([
  ['rendezvous', 'place', places],
  ['rendezvous', 'state', visits],
  ['attempt', 'kind', kinds],
  ['attempt', 'outcome', outcomes],
  ['proof', 'state', proofs],
  ['forwarded', 'protocol', protocols],
  ['relay', 'state', relays],
  ['friend', 'state', friendships],
  ['connected', 'path', paths],
  ['ended', 'reason', ends],
])('the row of %s names each %s', (event, field, values) => {
  expect(valuesOf(event, field)).toEqual(Object.keys(values));
});
