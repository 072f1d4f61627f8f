/** The rules of rooms stand twice, in TypeScript and in Lua: many random steps. */
import { expect, test } from 'vitest';
import { inStore, useStore } from '../helpers/servers/contract-spaces.ts';
import { expectAgreement } from '../helpers/servers/matchmakers-agree.ts';

const store = inStore(3);
useStore(store);

test('three servers with one store tell each client the same as one server without a store', async () => {
  await expect(expectAgreement(store, { runs: 200, maxMs: 250_000 })).resolves.toBeUndefined();
}, 300_000);
