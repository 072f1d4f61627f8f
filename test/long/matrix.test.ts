/** Every mapping, filtering and answer to unsolicited SYNs facing every other, with real programs and kernel NATs. */
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { parsePair, matrixPairs } from '../../source/lab/matrix/pairs.ts';
import { runMatrix, type PairResult } from '../../source/lab/matrix/matrix.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';

const kinds = ['port-restricted', 'other-port', 'address-dependent', 'counting', 'random'];
const line = { delayMs: 20 };
const options = { attempts: 5, parallel: availableParallelism(), done: () => undefined };

function unexpected(results: readonly PairResult[]) {
  return results
    .filter(({ asExpected }) => !asExpected)
    .map(({ a, b, possible, runs }) => ({ pair: `${a.words}:${b.words}`, possible, runs }));
}

test('every possible pair connects, and every impossible one ends with exit 6 on both sides', async (context) => {
  await labOrSkip(context, { sites: { alice: parsePair('open:open', line).a.site } });
  const pairs = matrixPairs({
    kinds,
    filterings: ['address-and-port-dependent', 'address-dependent', 'endpoint-independent'],
    answers: ['drop', 'rst'],
    line,
  });
  expect(pairs.length).toBeGreaterThan(400);
  expect(unexpected(await runMatrix(pairs, { ...options, runs: 1 }))).toEqual([]);
});

test('pairs of every mapping connect over lines with loss and jitter', async (context) => {
  const lossy = { delayMs: 20, jitterMs: 10, lossPercent: 5 };
  await labOrSkip(context, { sites: { alice: parsePair('open:open', lossy).a.site } });
  const pairs = ['port-restricted', 'other-port', 'counting', 'random'].map((kind) =>
    parsePair(`${kind}:port-restricted`, lossy),
  );
  expect(unexpected(await runMatrix(pairs, { ...options, runs: 5 }))).toEqual([]);
});
