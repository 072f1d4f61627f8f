import { expect, test } from 'vitest';
import { FoldedLines } from '../../../../source/lab/watch/drawing/fold-lines.ts';
import { watchLine } from '../../../../source/lab/watch/drawing/watch-lines.ts';
import { sampleWatch } from '../../../helpers/lab/sample-watch.ts';

test('lines come at once, and of a spray the first ones and a count', () => {
  const told: string[] = [];
  const lines = new FoldedLines((one) => told.push(watchLine(one, sampleWatch[0]?.at ?? 0).trim()));
  sampleWatch.slice(0, -1).forEach((event, index) => lines.add(event, index / 10));
  lines.look(Infinity);
  expect(told).toMatchInlineSnapshot(`
    [
      "0.000  watching class: alice 192.168.1.2; alice.router 50.0.1.2; rendezvous 50.0.0.2; bob.router 50.0.2.2; bob 192.168.2.2",
      "0.001  alice.router  connection new: 192.168.1.2:6000 as 50.0.1.2:6000 -> 50.0.2.2:6000  SYN_SENT, 120 s left",
      "0.050  alice.router  mapping new: 192.168.1.2:6000 as 50.0.1.2:6000 -> anybody, 120 s left",
      "0.102  bob.router  connection new: 192.168.2.2:6000 as 50.0.2.2:6000 -> 50.0.1.2:6000  SYN_SENT, 120 s left",
      "0.101  bob -> alice  SYN  192.168.2.2:6000 -> 50.0.1.2:6000, seen as 50.0.2.2:6000, for 192.168.1.2:6000; delivered",
      "0.000  alice -> bob.router  SYN  192.168.1.2:6000 -> 50.0.2.2:6000, seen as 50.0.1.2:6000; stopped at bob.router: nobody inside has contacted this endpoint",
      "0.103  alice.router  connection changed: 192.168.1.2:6000 as 50.0.1.2:6000 -> 50.0.2.2:6000  SYN_SENT2, 120 s left",
      "0.105  alice -> bob  SYN+ACK  192.168.1.2:6000 -> 50.0.2.2:6000, seen as 50.0.1.2:6000, for 192.168.2.2:6000; delivered",
      "0.110  bob -> alice  ACK  192.168.2.2:6000 -> 50.0.1.2:6000, seen as 50.0.2.2:6000, for 192.168.1.2:6000; delivered",
      "0.111  alice.router  connection changed: 192.168.1.2:6000 as 50.0.1.2:6000 -> 50.0.2.2:6000  ESTABLISHED, 120 s left",
      "4.000  alice -> bob.router  SYN  192.168.1.2:7000 -> 50.0.2.2:9, seen as 50.0.1.2:7000; stopped at bob.router: nobody inside has contacted this endpoint",
      "4.000  alice -> bob.router  SYN  192.168.1.2:7001 -> 50.0.2.2:9, seen as 50.0.1.2:7001; stopped at bob.router: nobody inside has contacted this endpoint",
      "4.128  ... 1,022 more SYNs from alice, stopped at bob.router",
    ]
  `);
});
