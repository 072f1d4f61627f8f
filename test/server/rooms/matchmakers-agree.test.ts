/** The rules of rooms stand twice, in TypeScript and in Lua. More random steps follow in the long tier. */
import { expect, test } from 'vitest';
import { inStore, useStore } from '../../helpers/servers/contract-spaces.ts';
import { expectAgreement } from '../../helpers/servers/matchmakers-agree.ts';

const store = inStore(3);
useStore(store);

test('three servers with one store tell each client the same as one server without a store', async () => {
  // The time is for all runs, and for making a failing one simpler.
  await expect(expectAgreement(store, { runs: 10, maxMs: 30_000 })).resolves.toBeUndefined();
});
