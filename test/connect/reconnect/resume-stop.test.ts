import { expect, test } from 'vitest';
import { fate, startTalk } from '../../helpers/chats/talk.ts';

const timeout = 180_000;

test.concurrent(
  'a chat goes on with a peer that was stopped for 30 s, with a thousand messages each way',
  async (context) => {
    const { peers, say, sayWithin, heardAll } = await startTalk(context);
    const [running, stopped] = peers;
    say(100);
    await heardAll();
    stopped.kill('SIGSTOP');
    await sayWithin(30_000, 800);
    expect(fate(running).map(({ event }) => event)).toEqual(['lost']);
    stopped.kill('SIGCONT');
    await running.line('resumed');
    say(100);
    await heardAll();
    expect(fate(running).map(({ event }) => event)).toEqual(['lost', 'resumed']);
    // The wrapper of a program that was stopped sees it leave, too.
    stopped.endInput();
    expect(await Promise.all(peers.map(({ exited }) => exited))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  },
  timeout,
);
