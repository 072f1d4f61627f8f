import { expect, test } from 'vitest';
import { dialFields, dialSentence, unreachablesIn } from '../../../source/lab/sockets/socket-report.ts';

const snmp = [
  'Ip: Forwarding DefaultTTL',
  'Ip: 2 64',
  'Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds',
  'Icmp: 1163 0 0 12 0',
  'IcmpMsg: InType3 OutType3',
  'IcmpMsg: 1163 1160',
].join('\n');

test('the messages of both families are counted, and none where the kernel tells nothing', () => {
  expect(unreachablesIn(snmp, 'Icmp6InMsgs 4\nIcmp6InDestUnreachs             \t3\n')).toBe(15);
  expect(unreachablesIn('', '')).toBe(0);
});

const to = { address: '50.0.2.2', port: 4000 };
const local = { address: '192.168.1.2', port: 4001 };

test.each([
  [
    { outcome: 'connected', by: null, local, ms: 3 },
    'connected: 192.168.1.2:4001 to 50.0.2.2:4000, after 3 ms',
  ],
  [{ outcome: 'refused', by: 'rst', local: null, ms: 1 }, 'refused after 1 ms: the answer was an RST'],
  [
    { outcome: 'refused', by: 'icmp', local: null, ms: 6003 },
    'refused after 6003 ms: the answer was an ICMP message, "unreachable"',
  ],
  [
    { outcome: 'unreachable', by: null, local: null, ms: 1, reason: 'there is no route to it' },
    'unreachable after 1 ms: there is no route to it',
  ],
  [{ outcome: 'timeout', by: null, local: null, ms: 10_000 }, 'no answer after 10000 ms'],
] as const)('%j is told in a sentence, and in fields', (report, sentence) => {
  expect(dialSentence(to, report)).toBe(sentence);
  expect(dialFields(to, report)).toEqual({
    state: report.outcome,
    remote: '50.0.2.2:4000',
    local: report.local === null ? null : '192.168.1.2:4001',
    by: report.by,
    ms: report.ms,
  });
});
