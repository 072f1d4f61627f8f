import { expect, test } from 'vitest';
import { parseConntrackLine } from '../../../source/lab/nat-table/conntrack-line.ts';
import { RowChanges } from '../../../source/lab/watch/row-changes.ts';

const tuples =
  'src=192.168.1.2 dst=50.0.2.2 sport=6000 dport=6000 src=50.0.2.2 dst=50.0.1.2 sport=6000 dport=6000';

function event(text: string, zone = 1) {
  const line = `[${text} ${tuples} zone=${zone} id=77`;
  return parseConntrackLine(line)!;
}

function listed(state: string, seconds: number) {
  return parseConntrackLine(`ipv4 2 tcp 6 ${seconds} ${state} ${tuples} mark=0 zone=1 use=1 id=77`)!;
}

const ends = {
  place: 'alice.router',
  inside: '192.168.1.2:6000',
  outside: '50.0.1.2:6000',
};

test('events of connection tracking become rows', () => {
  const rows = new RowChanges('alice.router', ['192.168.1.0/24']);
  const events = [
    '1795993292.243138]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT',
    '1795993292.320540]\t [UPDATE] ipv4     2 tcp      6 119 SYN_SENT2',
    '1795993292.320590]\t[DESTROY] ipv4     2 tcp      6 119 CLOSE',
  ].flatMap((text) => rows.change(event(text), 0));
  expect(events).toMatchObject([
    {
      ...ends,
      change: 'new',
      state: 'SYN_SENT',
      secondsLeft: 120,
      remote: '50.0.2.2:6000',
      at: 1_795_993_292_243.138,
    },
    { ...ends, change: 'changed', state: 'SYN_SENT2', secondsLeft: 119 },
    { ...ends, change: 'gone', secondsLeft: null },
  ]);
});

test('a look tells what events do not: mappings, and a connection that a packet kept alive', () => {
  const rows = new RowChanges('alice.router', ['192.168.1.0/24']);
  rows.change(event('1795993292.000000]\t    [NEW] ipv4     2 tcp      6 10 ESTABLISHED'), 0);
  const start = 1_795_993_292_000;
  const mappings = [{ key: ['192.168.1.2', 6000], value: [6000], secondsLeft: 7440 }];
  function look(seconds: number, after: number, hasMapping: boolean) {
    return rows.look(
      {
        nft: { maps: { external: hasMapping ? mappings : [] }, zone: 1, letsIn: false },
        connections: [listed('ESTABLISHED', seconds)],
        external: '50.0.1.2',
        since: start + after,
      },
      start + after,
    );
  }
  expect(look(8, 2000, true)).toMatchObject([
    { ...ends, change: 'new', state: null, remote: null, secondsLeft: 7440 },
  ]);
  // Two seconds later it has as many left as before.
  expect(look(8, 4000, false)).toMatchObject([
    { change: 'changed', state: 'ESTABLISHED', secondsLeft: 8 },
    { change: 'gone', state: null, secondsLeft: null },
  ]);
});

test('a router that has forgotten everything has no rows any more', () => {
  const rows = new RowChanges('alice.router', ['192.168.1.0/24']);
  rows.change(event('1795993292.000000]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT'), 0);
  const nothing = {
    nft: { maps: {}, zone: 2, letsIn: false },
    connections: [],
    external: '50.0.1.3',
    since: 0,
  };
  expect(rows.look(nothing, 1)).toMatchObject([{ ...ends, change: 'gone' }]);
  expect(rows.change(event('1795993292.500000]\t [UPDATE] ipv4     2 tcp      6 119 SYN_SENT2'), 0)).toEqual(
    [],
  );
});
