/** A program that dies and comes again with the same code finds the other side, which has gone on. */
import { expect, test } from 'vitest';
import { startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';

const code = ['--code', '5000-velvet-orbit'];

function textsOf(chat: Punchline) {
  return chat.events.flatMap((event) =>
    event.event === 'message' && event.from === 'peer' ? [[event.text, event.again]] : [],
  );
}

async function connected(options: readonly string[]) {
  function run(name: string) {
    return startPunchline(['chat', '--json', '--name', name, ...code, ...options]);
  }
  const [ada, grace] = [run('Ada'), run('Grace')];
  await Promise.all([ada.waitFor('connected'), grace.waitFor('connected')]);
  return { ada, grace, run };
}

test.each([['Ada'], ['Grace']])('%s is killed and started anew, and both talk again', async (name) => {
  const { options } = await openRendezvous();
  const { ada, grace, run } = await connected(options);
  const [dead, living] = name === 'Ada' ? [ada, grace] : [grace, ada];
  living.write('before\n');
  await living.waitFor('delivered');
  dead.kill('SIGKILL');
  await living.waitFor('lost');
  living.write('meanwhile\n');
  const again = run(name);
  const { restarted, resent, path } = await living.waitFor('resumed');
  expect({ restarted, resent, path }).toEqual({ restarted: true, resent: 1, path: 'lan' });
  await again.waitFor('message', ({ text }) => text === 'meanwhile');
  again.write('here I am\n');
  living.write('after\n');
  await again.waitFor('message', ({ text }) => text === 'after');
  await living.waitFor('message', ({ text }) => text === 'here I am');
  expect(textsOf(again)).toEqual([
    ['meanwhile', true],
    ['after', undefined],
  ]);
  await living.waitFor('delivered', ({ id }) => id === 'me-3');
  expect(living.events.filter(({ event }) => event === 'delivered')).toHaveLength(3);
  again.endInput();
  living.endInput();
  await expect(Promise.all([again.exitCode, living.exitCode])).resolves.toEqual([0, 0]);
});
