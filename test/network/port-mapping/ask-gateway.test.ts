import { expect, test } from 'vitest';
import { askByDatagram } from '../../../source/network/port-mapping/ask-gateway.ts';

test('a gateway to which this machine has lost its way is one that does not listen', async () => {
  // Nothing leads from the loopback interface to any other machine.
  const gateway = { family: 4, address: '192.0.2.1', local: '127.0.0.1' } as const;
  const question = { gateway, port: 5351, bytes: new Uint8Array(2), read: () => undefined, sends: 1 };
  await expect(askByDatagram({ ...question, signal: new AbortController().signal })).rejects.toThrow(
    'the router does not listen',
  );
});
