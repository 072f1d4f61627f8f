import { expect, test } from 'vitest';
import { createTraceReader } from '../../../../source/lab/watch/wire/trace-lines.ts';

/** As nft has printed them: a SYN that a router answers with RST, and one over IPv6 that it answers with ICMP. */
const packet =
  'packet: iif "wan" ether saddr 02:00:00:00:03:02 ether daddr 02:00:00:00:03:01 ip saddr 50.0.1.2 ip daddr 50.0.3.2 ip dscp cs0 ip ecn not-ect ip ttl 62 ip id 63425 ip protocol tcp ip length 60 tcp sport 4003 tcp dport 5000 tcp flags == syn tcp window 64240 ';
const packet6 =
  'packet: iif "wan" ether saddr 02:00:00:00:05:02 ether daddr 02:00:00:00:05:01 ip6 saddr 2a00:5000:1:4::2 ip6 daddr 2a00:5000:1:5::2 ip6 dscp cs0 ip6 ecn not-ect ip6 hoplimit 62 ip6 flowlabel 163068 ip6 nexthdr tcp ip6 length 40 tcp sport 4006 tcp dport 5000 tcp flags == syn tcp window 64800 ';
const lines = [
  `trace id ec5032f4 inet watch_16 look ${packet}`,
  'trace id ec5032f4 inet watch_16 look rule tcp flags syn,rst limit rate 4000/second burst 4000 packets meta nftrace set 1 (verdict continue)',
  `trace id da57639e inet watch_16 look ${packet6}`,
  'trace id ec5032f4 inet watch_16 look policy accept ',
  'trace id ec5032f4 ip site zone rule ct zone set 1 (verdict continue)',
  `trace id ec5032f4 ip site pass ${packet.replace('ttl 62', 'ttl 61')}`,
  'trace id ec5032f4 ip site pass rule reject with tcp reset comment "nobody inside has contacted this endpoint" (verdict drop)',
  'trace id da57639e ip6 site pass rule reject (verdict drop)',
  'trace id 0000aaaa ip site pass rule drop (verdict drop)',
  'nonsense',
];

test('a drop is told with the endpoints with which the packet came in, its reason and its answer', () => {
  const reader = createTraceReader();
  expect(lines.map((line) => reader.read(line)).filter(Boolean)).toEqual([
    {
      source: '50.0.1.2:4003',
      target: '50.0.3.2:5000',
      label: 63_425,
      reason: 'nobody inside has contacted this endpoint',
      answer: 'rst',
    },
    {
      source: '[2a00:5000:1:4::2]:4006',
      target: '[2a00:5000:1:5::2]:5000',
      label: 163_068,
      answer: 'icmp',
    },
  ]);
});

test('a drop by the policy of a chain has no reason, and a comment about rejecting is no answer', () => {
  const reader = createTraceReader();
  reader.read(`trace id 1 inet watch_16 look ${packet}`);
  reader.read(`trace id 2 inet watch_16 look ${packet}`);
  expect(reader.read('trace id 1 ip site pass policy drop ')).not.toHaveProperty('reason');
  expect(
    reader.read('trace id 2 ip site pass rule drop comment "rules reject it" (verdict drop)'),
  ).not.toHaveProperty('answer');
});

test('a rule that has come after the trace has no comment, and that of a cut is known', () => {
  const reader = createTraceReader();
  reader.read(`trace id 1 inet watch_16 begin ${packet}`);
  expect(reader.read('trace id 1 inet cut forward unknown rule handle 3 (verdict drop)')).toMatchObject({
    reason: 'the line is cut',
  });
});
