/** Real clients in real networks; test/long/ has all clients and all networks. */
import { describe, expect, test } from 'vitest';
import { startPunchline } from '../../helpers/programs/punchline.ts';
import { checkClient, clientInC, clientInNode, type Defect } from '../../helpers/clients/client-check.ts';

/** A trial with a client that never connects takes 12 s, and on a loaded machine a lab takes some more. */
const timeout = 300_000;

const wrong: readonly [Defect, network: string, defect: string, host: string, evidence: RegExp][] = [
  [
    'FRESH_PORT',
    'port-restricted',
    'fresh-port',
    'alice',
    /SYN of alice left from port (\d+), but alice met the rendezvous from port (?!\1)\d+: not the same port/,
  ],
];

describe.concurrent('on one network', { timeout }, () => {
  test.for([['Node', clientInNode]] as const)(
    'a right client in %s passes where most is asked of it',
    async ([, clientIn], context) => {
      const { code, trials } = await checkClient(context, clientIn(context), '--network', 'rst-late');
      expect(trials.map(({ verdict }) => verdict)).toEqual([null, null]);
      expect(code).toBe(0);
    },
  );

  test.for(wrong)(
    'the defect %s shows on %s, and is named: %s',
    async ([flag, network, defect, host, evidence], context) => {
      const { code, trials } = await checkClient(context, clientInC(context, flag), '--network', network);
      expect(trials).toMatchObject([{ network, passed: false, verdict: { defect, host } }]);
      expect(trials[0]?.verdict?.evidence).toMatch(evidence);
      expect(code).toBe(6);
    },
  );
});

test.each([
  [['workshop', 'check'], 'there is no client to check'],
  [['workshop', 'check', '--network', 'opne', '--', './client'], 'Did you mean "open"?'],
  [['workshop', 'check', '--parallel', '0', '--', './client'], "--parallel '0' is not"],
])('%j is wrong usage', async (words, said) => {
  const { code, stderr, stdout } = await startPunchline(words).ended();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(said);
});

test('a command that cannot be run ends the check at once, with its words', { timeout }, async (context) => {
  const { code, trials } = await checkClient(context, ['./no-such-client']);
  expect(trials).toMatchObject([{ network: 'open', verdict: { defect: 'never-met', host: 'alice' } }]);
  expect(trials[0]?.verdict?.evidence).toMatch(/exit code 127\. It said: .*no-such-client/);
  expect(code).toBe(6);
});
