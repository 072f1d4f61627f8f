/** Every mapping, filtering and answer to unsolicited SYNs facing every other, with real programs and kernel NATs. */
import { expect, test, type TestContext } from 'vitest';
import { siteKinds } from '../../source/lab/plan/site-kinds.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';
import { startPunchline } from '../helpers/programs/punchline.ts';

/** What `lab matrix` says of its pairs: how many there were, and those that did otherwise than expected. */
async function matrix(context: TestContext, args: readonly string[]) {
  await (await labOrSkip(context, { sites: { alice: siteKinds['open']!.site } })).close();
  const { code, stdout, stderr } = await startPunchline(['lab', 'matrix', '--json', ...args]).ended();
  expect(stderr).toBe('');
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly event: string; readonly asExpected: unknown });
  const pairs = lines.filter(({ event }) => event === 'pair');
  return { code, count: pairs.length, unexpected: pairs.filter(({ asExpected }) => asExpected !== true) };
}

test('every possible pair connects, and every impossible one ends with exit 6 on both sides', async (context) => {
  const filterings = 'address-and-port-dependent,address-dependent,endpoint-independent';
  const { code, count, unexpected } = await matrix(context, [
    '--filterings',
    filterings,
    '--answers',
    'drop,rst',
    '--runs',
    '1',
  ]);
  expect(unexpected).toEqual([]);
  expect(count).toBe(465);
  expect(code).toBe(0);
});

test('pairs of every mapping connect over lines with loss and jitter', async (context) => {
  const pairs = ['port-restricted', 'other-port', 'counting', 'random'].map(
    (kind) => `${kind}:port-restricted`,
  );
  const { unexpected, count } = await matrix(context, [
    '--loss',
    '5',
    '--jitter',
    '10',
    '--runs',
    '5',
    ...pairs,
  ]);
  expect(unexpected).toEqual([]);
  expect(count).toBe(pairs.length);
});

test('pairs that nothing else connects meet, if one router maps ports', async (context) => {
  const hard = ['random', 'counting', 'address-dependent'];
  const impossible = hard.flatMap((one, index) => hard.slice(index).map((other) => [one, other] as const));
  const pairs = impossible
    .filter(([one, other]) => one !== 'counting' || other !== 'counting')
    .flatMap(([one, other]) =>
      ['pcp', 'natpmp', 'upnp'].flatMap((word) => [`${one},${word}:${other}`, `${one}:${other},${word}`]),
    );
  const { unexpected, count } = await matrix(context, ['--runs', '5', ...pairs]);
  expect(unexpected).toEqual([]);
  expect(count).toBe(5 * 6);
});
