import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPlace } from '../../../helpers/lab/named-labs.ts';
import { program, startPunchline } from '../../../helpers/programs/punchline.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

test('a lab puts the program that made it on the PATH, and takes it away again', async (context) => {
  const { done, programDone, sockets } = await createPlace(context);
  await done('up', 'class', 'alice=cone');
  const { stdout: version } = await startPunchline(['--version']).ended();
  const script = 'punchline --version; node -p process.execPath; punchline lab list';
  const [inside, path, list] = (
    await programDone('enter', 'class', 'alice.router', '--', 'sh', '-c', script)
  ).split('\n');
  expect(`${inside}\n`).toBe(version);
  expect(path).toBe(process.execPath);
  // A program inside finds its lab, too.
  expect(list).toMatch(/^class: /);
  await done('down', 'class');
  expect(existsSync(join(sockets, 'class.bin'))).toBe(false);
});

test('a shell says where it is, by its prompt and by the name of the host', async (context) => {
  const { done, folder } = await createPlace(context);
  await done('up', 'class', 'alice=cone');
  writeFileSync(join(folder, '.bashrc'), "greeting=hello-from-my-bashrc; PS1='mine> '; PATH=/usr/bin:/bin\n");
  const env = { XDG_RUNTIME_DIR: folder, HOME: folder };
  function enter(shell: string, host: string) {
    return openTerminal({
      command: process.execPath,
      args: [program, 'lab', 'enter', 'class', host],
      env: { ...env, SHELL: shell },
      cwd: '/',
      columns: 120,
    });
  }
  {
    await using bash = enter('/bin/bash', 'alice');
    await bash.waitFor('alice@class:/$');
    bash.write('cd ~; echo $greeting; uname -n; command -v punchline\r');
    await bash.waitFor(/hello-from-my-bashrc\s+alice\.class\s+\S*class\.bin\/punchline\s+alice@class:~\$/);
    bash.write('exit 3\r');
    expect(await bash.exit).toMatchObject({ exitCode: 3 });
  }
  await using sh = enter('/bin/sh', 'alice.router');
  await sh.waitFor('alice.router@class:/$');
  sh.write('uname -n; exit\r');
  await sh.waitFor('alice.router.class');
  expect(await sh.exit).toMatchObject({ exitCode: 0 });
  expect(hostname()).not.toContain('class');
});
