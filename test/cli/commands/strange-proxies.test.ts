/** What ALL_PROXY may name, and where that matters. */
import { expect, test } from 'vitest';
import { startPunchline } from '../../helpers/programs/punchline.ts';

const strange = { ALL_PROXY: 'socks4://ada:velvet@proxy.example' };

test('a proxy of an unknown kind is refused with the name of the variable, and without the password', async () => {
  const args = ['chat', '--plain', '--server', '127.0.0.1:1'];
  const { code, stderr } = await startPunchline(args, { env: strange, input: '' }).ended();
  expect(code).toBe(2);
  expect(stderr).toContain("ALL_PROXY: 'socks4://' is no kind of proxy that is known here");
  expect(stderr).not.toContain('velvet');
});

test.each([['--here'], ['--classic', '--server', '127.0.0.1:1']])(
  'a chat that needs no proxy does not read the variable: %s',
  async (...words) => {
    const args = ['chat', '--plain', '--wait', '0.01', ...words];
    const { code, stderr } = await startPunchline(args, { env: strange, input: '' }).ended();
    expect(code).not.toBe(2);
    expect(stderr).not.toContain('ALL_PROXY');
  },
);
