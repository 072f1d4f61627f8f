import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';

/** A program with a chat that says when it is interrupted, and ends only if `ends`. */
async function startWaiting(ends: boolean) {
  const file = new URL('../../../source/ui/lines/until-ended.ts', import.meta.url).href;
  const program = `
    import { untilEnded } from ${JSON.stringify(file)};
    const listeners = [];
    const chat = {
      subscribe: (listener) => listeners.push(listener),
      interrupt: (exit) => {
        console.log('interrupted', exit);
        if (${ends}) listeners.forEach((listener) => listener({ event: 'ended', exit }));
      },
    };
    const timer = setInterval(() => {}, 1000);
    untilEnded(chat).then((exit) => {
      clearInterval(timer);
      console.log('ended', exit);
      process.exitCode = exit;
    });
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  child.stdout.on('data', (bytes: Buffer) => said.push(...bytes.toString().trim().split('\n')));
  async function hear(line: string): Promise<void> {
    while (!said.includes(line)) {
      await once(child.stdout, 'data');
    }
  }
  await hear('ready');
  return { child, hear, said };
}

test('a signal interrupts the chat, which then ends with the exit code of that signal', async () => {
  const { child, said } = await startWaiting(true);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([143, null]);
  expect(said).toEqual(['ready', 'interrupted 143', 'ended 143']);
});

test('a second signal ends the program at once, with its own exit code', async () => {
  const { child, hear, said } = await startWaiting(false);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await hear('interrupted 143');
  child.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
  expect(said).toEqual(['ready', 'interrupted 143']);
});
