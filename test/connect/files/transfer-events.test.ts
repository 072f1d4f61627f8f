import { expect, test } from 'vitest';
import type { FileEvent } from '../../../source/events.ts';
import { TransferTeller } from '../../../source/connect/files/transfer-events.ts';

test.each(['declined', 'done', 'failed', 'cancelled'] as const)(
  'nothing is told of the progress after a transfer is %s: bytes that were under way may still arrive',
  (end) => {
    const told: FileEvent['state'][] = [];
    const facts = { id: 's1', name: 'a', bytes: 9, files: 1, isFolder: false, direction: 'sent' } as const;
    const teller = new TransferTeller(facts, ({ state }) => void told.push(state));
    teller.say('offered');
    teller.say('accepted');
    teller.start();
    teller.say(end);
    teller.progress(5);
    expect(told).toEqual(['offered', 'accepted', end]);
  },
);
