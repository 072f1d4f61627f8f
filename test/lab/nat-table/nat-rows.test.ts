import { expect, test } from 'vitest';
import { parseConntrackLine, type Connection } from '../../../source/lab/nat-table/conntrack-line.ts';
import { natRows } from '../../../source/lab/nat-table/nat-rows.ts';

const nat = { external: '50.0.1.2', inside: ['192.168.1.1/24', '2a00:5000:1:1::1/64'] };

function connection(words: string): Connection {
  return parseConntrackLine(`tcp 6 100 ${words}`)!;
}

const out = connection(
  'ESTABLISHED src=192.168.1.2 dst=50.0.0.2 sport=4000 dport=8877 src=50.0.0.2 dst=50.0.1.2 sport=8877 dport=5000 zone=1 id=1',
);
const outRow = {
  id: '1',
  protocol: 'tcp',
  inside: '192.168.1.2:4000',
  outside: '50.0.1.2:5000',
  remote: '50.0.0.2:8877',
  state: 'ESTABLISHED',
  secondsLeft: 100,
};

test('a connection from inside, and one that was let in, have the same inside and outside', () => {
  const letIn = connection(
    'SYN_RECV src=50.0.2.2 dst=50.0.1.2 sport=7000 dport=5000 src=192.168.1.2 dst=50.0.2.2 sport=4000 dport=7000 zone=1 id=2',
  );
  expect(natRows(nat, { maps: {}, zone: 1, letsIn: false }, [out, letIn])).toEqual([
    outRow,
    { ...outRow, id: '2', remote: '50.0.2.2:7000', state: 'SYN_RECV' },
  ]);
});

test('a loop through the external address is two connections, one for each end', () => {
  const [leaving, arriving] = [
    'src=192.168.1.2 dst=50.0.1.2 sport=4000 dport=5001 src=50.0.1.2 dst=50.0.1.2 sport=5001 dport=5000 id=1',
    'src=50.0.1.2 dst=50.0.1.2 sport=5000 dport=5001 src=192.168.1.3 dst=50.0.1.2 sport=4001 dport=5000 id=2',
  ].map((words) => connection(`ESTABLISHED ${words}`)) as [Connection, Connection];
  expect(natRows(nat, { maps: {}, zone: 0, letsIn: false }, [leaving, arriving])).toMatchObject([
    { inside: '192.168.1.2:4000', outside: '50.0.1.2:5000', remote: '50.0.1.2:5001' },
    { inside: '192.168.1.3:4001', outside: '50.0.1.2:5001', remote: '50.0.1.2:5000' },
  ]);
});

test('a firewall changes no endpoint, whoever has begun', () => {
  const firewall = { external: null, inside: ['50.1.3.1/24'] };
  const [leaving, arriving] = [
    'src=50.1.3.2 dst=50.0.0.2 sport=4000 dport=8877 src=50.0.0.2 dst=50.1.3.2 sport=8877 dport=4000 id=1',
    'src=50.0.0.2 dst=50.1.3.2 sport=8877 dport=4000 src=50.1.3.2 dst=50.0.0.2 sport=4000 dport=8877 id=2',
  ].map((words) => connection(`ESTABLISHED ${words}`)) as [Connection, Connection];
  const row = { inside: '50.1.3.2:4000', outside: '50.1.3.2:4000', remote: '50.0.0.2:8877' };
  expect(natRows(firewall, { maps: {}, zone: 0, letsIn: true }, [leaving, arriving])).toMatchObject([
    row,
    row,
  ]);
});

test('what was known before a rebind is left out', () => {
  expect(natRows(nat, { maps: {}, zone: 2, letsIn: false }, [out])).toEqual([]);
});

test('a mapping holds for everybody, or for one remote address', () => {
  const secondsLeft = 58;
  const rows = [
    { key: ['192.168.1.2', 4000], value: [5000], secondsLeft },
    { key: ['192.168.1.2', 4000, '50.0.0.3'], value: [5001], secondsLeft },
  ];
  const mapping = { protocol: 'tcp', inside: '192.168.1.2:4000', state: null, secondsLeft };
  expect(natRows(nat, { maps: { external: rows, internal: [] }, zone: 1, letsIn: true }, [])).toEqual([
    { ...mapping, id: 'mapping 192.168.1.2:4000', outside: '50.0.1.2:5000', remote: null },
    { ...mapping, id: 'mapping 192.168.1.2:4000 50.0.0.3', outside: '50.0.1.2:5001', remote: '50.0.0.3' },
  ]);
});

test('where each connection has a mapping of its own, the map of ports counts only if it lets somebody in', () => {
  const maps = { internal: [{ key: [40_960], value: ['192.168.1.2', 4000], secondsLeft: 9 }] };
  expect(natRows(nat, { maps, zone: 1, letsIn: false }, [])).toEqual([]);
  expect(natRows(nat, { maps, zone: 1, letsIn: true }, [])).toMatchObject([
    { inside: '192.168.1.2:4000', outside: '50.0.1.2:40960', remote: null, state: null, secondsLeft: 9 },
  ]);
});

test('a protocol without ports or states has its addresses, and whether an answer came', () => {
  const ping = parseConntrackLine(
    'icmp 1 29 src=192.168.1.2 dst=50.0.0.2 type=8 code=0 id=5 [UNREPLIED] src=50.0.0.2 dst=50.0.1.2 type=0 code=0 id=5 zone=1 id=3',
  )!;
  expect(natRows(nat, { maps: {}, zone: 1, letsIn: false }, [ping])).toMatchObject([
    {
      id: '3',
      protocol: 'icmp',
      inside: '192.168.1.2',
      outside: '50.0.1.2',
      remote: '50.0.0.2',
      state: 'UNREPLIED',
    },
  ]);
});
