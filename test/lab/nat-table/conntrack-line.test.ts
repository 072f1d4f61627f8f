import { expect, test } from 'vitest';
import { parseConntrackLine, parseConntrackList } from '../../../source/lab/nat-table/conntrack-line.ts';

const established =
  'ipv4     2 tcp      6 58 ESTABLISHED src=192.168.1.2 dst=50.0.0.2 sport=54288 dport=8877 src=50.0.0.2 dst=50.0.1.2 sport=8877 dport=54289 [ASSURED] mark=0 zone=1 use=1 id=1721325376';

test('a line of a list has both directions, the state and the time that is left', () => {
  expect(parseConntrackLine(established)).toEqual({
    change: null,
    at: null,
    id: '1721325376',
    protocol: 'tcp',
    state: 'ESTABLISHED',
    secondsLeft: 58,
    original: {
      source: { address: '192.168.1.2', port: 54_288 },
      target: { address: '50.0.0.2', port: 8877 },
    },
    reply: { source: { address: '50.0.0.2', port: 8877 }, target: { address: '50.0.1.2', port: 54_289 } },
    isReplied: true,
    zone: 1,
  });
});

test.each([
  [
    '[1764457200.123456]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=192.168.1.2 dst=50.0.0.2 sport=4000 dport=9 [UNREPLIED] src=50.0.0.2 dst=50.0.1.2 sport=9 dport=4000 zone=2 id=7',
    {
      change: 'new',
      at: 1_764_457_200_123.456,
      state: 'SYN_SENT',
      secondsLeft: 120,
      isReplied: false,
      zone: 2,
    },
  ],
  [
    ' [UPDATE] ipv4     2 tcp      6 60 SYN_SENT2 src=192.168.1.2 dst=50.0.0.2 sport=4000 dport=9 src=50.0.0.2 dst=50.0.1.2 sport=9 dport=4000 id=7',
    { change: 'changed', at: null, state: 'SYN_SENT2', zone: 0 },
  ],
  [
    '[1764457200.5]\t[DESTROY] ipv4     2 tcp      6 CLOSE src=192.168.1.2 dst=50.0.0.2 sport=4000 dport=9 src=50.0.0.2 dst=50.0.1.2 sport=9 dport=4000 [ASSURED] zone=1 id=7',
    { change: 'gone', state: 'CLOSE', secondsLeft: null },
  ],
  [
    '[DESTROY] tcp      6 src=192.168.1.2 dst=50.0.0.2 sport=4000 dport=9 src=50.0.0.2 dst=50.0.1.2 sport=9 dport=4000 id=7',
    { change: 'gone', state: null, secondsLeft: null },
  ],
  [
    'ipv4     2 udp      17 29 src=192.168.1.2 dst=50.0.0.2 sport=4000 dport=53 [UNREPLIED] src=50.0.0.2 dst=50.0.1.2 sport=53 dport=4000 mark=0 use=1 id=8',
    { protocol: 'udp', state: null, secondsLeft: 29, isReplied: false },
  ],
  [
    'ipv4     2 icmp     1 29 src=192.168.1.2 dst=50.0.0.2 type=8 code=0 id=1234 src=50.0.0.2 dst=50.0.1.2 type=0 code=0 id=1234 mark=0 use=1 id=9',
    { protocol: 'icmp', id: '9', original: { source: { address: '192.168.1.2', port: null } } },
  ],
  [
    'ipv6     10 tcp      6 431999 ESTABLISHED src=2a00:5000:1:1::2 dst=2a00:5000::2 sport=4000 dport=8877 src=2a00:5000::2 dst=2a00:5000:1:1::2 sport=8877 dport=4000 [ASSURED] mark=0 zone=1 use=1 id=10',
    { id: '10', original: { source: { address: '2a00:5000:1:1::2', port: 4000 } } },
  ],
])('%s', (line, expected) => {
  expect(parseConntrackLine(line)).toMatchObject(expected);
});

test('what is no connection is passed over', () => {
  const others = ['', 'conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.', 'src= dst='];
  expect(
    parseConntrackList([...others, established, `${established}${' '.repeat(3000)}`].join('\n')),
  ).toEqual([parseConntrackLine(established)]);
});
