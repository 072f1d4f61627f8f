import { expect, test } from 'vitest';
import { isInstalled, toolPath } from '../../../../source/lab/tools.ts';
import { createPlace } from '../../../helpers/lab/named-labs.ts';
import { startAgent } from '../../../helpers/programs/agent.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';

test('a table shows which endpoint inside is seen as which outside, by whom and for how long', async (context) => {
  if (!isInstalled('conntrack', toolPath)) {
    skipWithout(context, 'conntrack is not installed');
  }
  const { done, host, lab, programDone } = await createPlace(context);
  await done('up', 'class', 'alice=random', 'bob=port-restricted');
  // A SYN to a port at which nothing listens makes a mapping, and its connection is forgotten at once.
  const bob = startAgent(await host('class', 'bob'));
  const [address = ''] = (await host('class', 'rendezvous')).addresses;
  expect(await bob.dial({ address, port: 9 })).toMatchObject({ outcome: 'ECONNREFUSED' });
  expect(await programDone('nat', 'class', 'bob')).toMatch(
    /^bob: 50\.0\.2\.2; .*\n {2}inside .* outside .* remote .*\n {2}192\.168\.2\.2:\d+ +50\.0\.2\.2:\d+ +anybody +mapping +\d+\n/,
  );
  const tables = (await done('nat', 'class', '--json')).trimEnd().split('\n');
  expect(tables.map((one) => JSON.parse(one) as unknown)).toMatchObject([
    { v: 1, site: 'alice', external: '50.0.1.2', rows: [] },
    { v: 1, site: 'bob', external: '50.0.2.2', rows: [{ remote: null, state: null }] },
  ]);
  expect(await lab('nat', 'class', 'alce')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "alice"?') as string,
  });
});
