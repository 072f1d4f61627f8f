import { expect, test } from 'vitest';
import { parsePortsInUse } from '../../../source/workshop/client-check/verdict/ports-in-use.ts';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const rest = ' 00000000:00000000 00:00000000 00000000     0        0 1 1 0000000000000000 100 0 0 10 0\n';

test('listeners and connections are told apart by their state', () => {
  const table = [
    head,
    `   0: 00000000:0FA0 00000000:0000 0A${rest}`,
    `   1: 0201A8C0:0FA0 02000032:22AD 01${rest}`,
    `   2: 0201A8C0:0FA0 02020032:1388 02${rest}`,
    ` 100: 0100007F:0016 00000000:0000 0A${rest}`,
  ].join('');
  expect(parsePortsInUse(table)).toEqual({ listens: [4000, 22], remotes: [8877] });
});

test.each(['', head, 'garbage', '0: zz:1 2 3\n'])('a table without rows holds no ports: %j', (table) => {
  expect(parsePortsInUse(table)).toEqual({ listens: [], remotes: [] });
});
