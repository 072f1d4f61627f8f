/** The line of the side that waits is cut in silence while its guest comes, for as long as in life. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, type TestContext } from 'vitest';
import { labOrSkip } from '../helpers/lab/lab.ts';
import { runPunchline, type PunchlineInside } from '../helpers/lab/punchline-inside.ts';
import { ordinarySite } from '../helpers/chats/talk.ts';

/** Chats behind NATs. `host` waits, and `join` starts a guest with its code. */
async function waitingInLab(context: TestContext, ownCode?: string) {
  const lab = await labOrSkip(context, { sites: { alice: ordinarySite, bob: ordinarySite } });
  const { alice, bob, rendezvous } = lab.hosts;
  const server = runPunchline(rendezvous!, ['serve', '--log-level', 'silent']);
  await server.line('listening');
  const at = ['--json', '--server', rendezvous!.addresses[0]!];
  const own = ownCode === undefined ? [] : ['--code', ownCode];
  const host = runPunchline(alice!, ['chat', ...at, ...own]);
  await host.line('rendezvous', ({ state }) => state === 'waiting');
  const code = ownCode ?? String((await host.line('invite'))['code']);
  return {
    lab,
    host,
    join: () => runPunchline(bob!, ['chat', ...at, ...(ownCode === undefined ? [code] : own)]),
  };
}

/** What ended a guest: its error with its advice. */
async function fateOf(guest: PunchlineInside) {
  await guest.exited;
  const error = guest.lines.find(({ event }) => event === 'error');
  return { exit: guest.lines.at(-1)?.['exit'], code: error?.['code'], hint: String(error?.['hint']) };
}

function waitsAgain(host: PunchlineInside) {
  const closedAt = Number(
    host.lines.findLast(({ event, state }) => event === 'rendezvous' && state === 'closed')?.['at'],
  );
  return host.line('rendezvous', ({ state, at }) => state === 'waiting' && Number(at) >= closedAt);
}

function connected(...sides: readonly PunchlineInside[]) {
  return Promise.all(sides.map((side) => side.line('connected')));
}

const stays = expect.stringContaining('the code stays good');

test.concurrent.for([5, 30])('a cut of %d s delays a guest, and ends nobody', async (seconds, context) => {
  const { lab, host, join } = await waitingInLab(context);
  await lab.cut('alice');
  const guest = join();
  await guest.line('rendezvous', ({ state }) => state === 'matched');
  await pause(seconds * 1000);
  await lab.restore('alice');
  await connected(host, guest);
  expect(guest.lines.filter(({ event }) => event === 'error')).toEqual([]);
});

test.concurrent('a cut of 90 s ends each guest with a code that stays good, and then the code connects', async (context) => {
  const { lab, host, join } = await waitingInLab(context);
  const cutAt = performance.now();
  await lab.cut('alice');
  expect(await fateOf(join())).toEqual({ exit: 4, code: 'ERR_PEER_LEFT', hint: stays });
  expect(await fateOf(join())).toEqual({ exit: 4, code: 'ERR_NO_SUCH_ROOM', hint: stays });
  await pause(90_000 - (performance.now() - cutAt));
  await lab.restore('alice');
  await host.line('rendezvous', ({ state }) => state === 'closed');
  await waitsAgain(host);
  await connected(host, join());
  expect(host.lines.filter(({ event }) => event === 'error')).toEqual([]);
  expect(host.lines.filter(({ event }) => event === 'invite')).toHaveLength(1);
});

test.concurrent('a cut of 90 s under an own code ends one guest, and the next one waits until the line is back', async (context) => {
  const { lab, host, join } = await waitingInLab(context, '4711-velvet-orbit');
  const cutAt = performance.now();
  await lab.cut('alice');
  expect(await fateOf(join())).toEqual({ exit: 4, code: 'ERR_PEER_LEFT', hint: stays });
  const guest = join();
  await guest.line('rendezvous', ({ state }) => state === 'waiting');
  await pause(90_000 - (performance.now() - cutAt));
  await lab.restore('alice');
  await connected(host, guest);
});

test.concurrent('a cut of 700 s ends both: the room is gone, and so is the code', async (context) => {
  const { lab, host, join } = await waitingInLab(context);
  const cutAt = performance.now();
  await lab.cut('alice');
  await host.exited;
  expect(host.lines.at(-1)).toMatchObject({ event: 'ended', exit: 3 });
  expect(host.lines.find(({ event }) => event === 'error')?.['hint']).toContain('not valid any more');
  await pause(700_000 - (performance.now() - cutAt));
  const { exit, code, hint } = await fateOf(join());
  expect({ exit, code }).toEqual({ exit: 4, code: 'ERR_NO_SUCH_ROOM' });
  expect(hint).not.toContain('stays good');
});
