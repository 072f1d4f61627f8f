import { expect, test } from 'vitest';
import { freePort } from '../../helpers/servers/free-port.ts';
import { heardBy, startPunchline } from '../../helpers/programs/punchline.ts';

/** No server is named anywhere. */
const env = { PUNCHLINE_SERVER: '', XDG_CONFIG_HOME: '/nonexistent' };

test('chat --here needs no server: the guest comes with the invite alone', async () => {
  const host = startPunchline(['chat', '--json', '--here', '--name', 'Ada'], { env });
  const { code } = await host.waitFor('invite');
  const { mapped } = await host.waitFor('rendezvous', ({ state }) => state === 'waiting');
  // An address at which nobody answers is passed over.
  const invite = `${code}@[::1]:1,127.0.0.1:${mapped?.port}`;
  const guest = startPunchline(['chat', '--json', invite, '--name', 'Bob'], { env });
  expect(await host.waitFor('connected')).toMatchObject({ path: 'lan', peer: { name: 'Bob' } });
  guest.write('hello\n');
  await host.waitFor('message');
  guest.endInput();
  expect(await guest.ended()).toMatchObject({ code: 0 });
  expect(await host.ended()).toMatchObject({ code: 0 });
  expect(heardBy(host)).toEqual(['hello']);
});

test('pipe --here=PORT opens this very port', async () => {
  const port = await freePort();
  const words = ['--code', '5000-velvet-orbit'];
  const host = startPunchline(['pipe', `--here=${port}`, ...words], { env, input: 'from the host' });
  await host.waitForText(/waiting/i);
  const guest = startPunchline(['pipe', '-s', `127.0.0.1:${port}`, ...words], {
    env,
    input: 'from the guest',
  });
  expect(await guest.ended()).toMatchObject({ code: 0, stdout: 'from the host' });
  expect(await host.ended()).toMatchObject({ code: 0, stdout: 'from the guest' });
});

test('chat --here=PORT with a port that is taken ends with exit 8', async () => {
  const host = startPunchline(['chat', '--json', '--here'], { env });
  const { mapped } = await host.waitFor('rendezvous', ({ state }) => state === 'waiting');
  const { code, stderr } = await startPunchline(['chat', '--json', `--here=${mapped?.port}`], {
    env,
  }).ended();
  expect(code).toBe(8);
  expect(stderr).toContain(String(mapped?.port));
});
