import { expect, test } from 'vitest';
import { startPair } from '../../helpers/sessions/pair.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { startPunchline } from '../../helpers/programs/punchline.ts';
import { keyGroup } from '../../helpers/sessions/key-group.ts';

test('without a terminal, lines are shown', async () => {
  const { options, port } = await openRendezvous();
  const host = startPunchline(['chat', '--name', 'anna', ...options]);
  const [, invite = ''] = await host.waitForText(/^\* pass this on to your friend: punchline chat (\S+)$/m);
  expect(invite).toMatch(new RegExp(`^\\d+-[a-z]+-[a-z]+@127\\.0\\.0\\.1:${port}$`));
  const guest = startPunchline([invite, '--probe-port', options[3] ?? '']);
  await guest.waitForText(/^\* connected to anna: lan, 127\.0\.0\.1:\d+, in [\d.]+ m?s$/m);
  await guest.waitForText(new RegExp(`^\\* encrypted: TLS_\\w+, ${keyGroup}$`, 'm'));
  host.write('hello\n');
  await guest.waitForText(/^<anna> hello$/m);
  guest.write('hi\n');
  await host.waitForText(/^<peer> hi$/m);
  await guest.waitForText(/^> hi$/m);
  guest.write('/quit\n');
  expect(await guest.ended()).toMatchObject({ code: 0, stderr: '' });
  expect(await host.ended()).toMatchObject({ code: 0, stderr: '' });
  expect(guest.stdout).toMatch(/\* left the chat\n$/);
  expect(host.stdout).toMatch(/\* peer has left\n$/);
  expect(host.stdout).not.toContain('/quit');
});

test('no text of the peer looks like a status line, or reaches the terminal as it is', async () => {
  const [one, two] = await startPair({ face: '--plain' });
  two.write('\u001B[2J\r* connected to bank\n');
  two.endInput();
  await two.ended();
  const { stdout } = await one.ended();
  expect(stdout).not.toContain('\u001B');
  expect(stdout).not.toMatch(/(^|\r)\* connected to bank/m);
  expect(stdout).toContain('* connected to bank');
});

test('a second slash at the beginning of a line stands for one', async () => {
  const [one, two] = await startPair({}, { face: '--plain', options: { input: '//quit\n' } });
  expect(await one.waitFor('message')).toMatchObject({ text: '/quit' });
  expect((await two.ended()).code).toBe(0);
});

test('the /quit of a script takes effect after what it sent before, and ends its input', async () => {
  const input = 'one\ntwo\n/quit\nthree\n';
  const [one, two] = await startPair({}, { face: '--plain', options: { input } });
  expect((await two.ended()).code).toBe(0);
  await one.ended();
  const heard = one.events.flatMap((event) => (event.event === 'message' ? [event.text] : []));
  expect(heard).toEqual(['one', 'two']);
  expect(two.stdout).not.toContain('three');
});

test('/quit ends the wait for a peer at once', async () => {
  const { options } = await openRendezvous();
  const chat = startPunchline(['chat', ...options]);
  await chat.waitForText(/^\* waiting for the peer$/m);
  chat.write('/quit\n');
  expect(await chat.ended()).toMatchObject({ code: 0, stderr: '' });
});

test('a failure is shown once where stdout and stderr are one', async () => {
  const { options } = await openRendezvous();
  const { code, stdout } = await startPunchline(['7-velvet-orbit', ...options], {
    under: ['sh', '-c', 'exec "$@" 2>&1', 'sh'],
  }).ended();
  expect(code).toBe(4);
  expect(stdout.match(/room 7/g)).toHaveLength(1);
  expect(stdout).not.toMatch(/^punchline:/m);
});

test('a failure is shown on stderr, with what to do next', async () => {
  const { options } = await openRendezvous();
  const { code, stderr, stdout } = await startPunchline(['7-velvet-orbit', ...options]).ended();
  expect(code).toBe(4);
  expect(stderr).toMatch(/^punchline: .*\n.*\n$/);
  expect(stdout).toContain('ERR_NO_SUCH_ROOM');
});
