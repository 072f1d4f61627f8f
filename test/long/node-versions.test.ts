/** The installed package on the oldest Node that it takes, on later ones, and on one that is too old. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import { install, npm, type Installed } from '../helpers/programs/installed.ts';
import { allWell, tryInstalled } from '../helpers/programs/try-installed.ts';
import { skipWithout } from '../helpers/skip-without.ts';

const folder = mkdtempSync(join(tmpdir(), 'punchline-nodes-'));
let installed: Installed | undefined;

beforeAll(() => {
  installed = install();
});
afterAll(() => {
  installed?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The program of that version, which npm brings. */
function nodeOrSkip(context: TestContext, version: string): string {
  const wanted = `node-linux-${process.arch}@${version}`;
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    return skipWithout(context, `no package has Node for ${process.platform} on ${process.arch}`);
  }
  let packed: string;
  try {
    packed = npm(['pack', '--silent', '--pack-destination', folder, wanted], folder).trim();
  } catch {
    return skipWithout(context, `npm cannot fetch ${wanted}`);
  }
  const file = 'package/bin/node';
  const { status } = spawnSync('tar', ['-xzf', packed, '--one-top-level', file], { cwd: folder });
  expect(status).toBe(0);
  return join(folder, packed.replace(/\.tgz$/, ''), file);
}

test.for(['22.12.0', '24', '26'])('on Node %s it serves, chats and examines', async (version, context) => {
  expect(await tryInstalled(installed!, nodeOrSkip(context, version))).toMatchObject(allWell);
});

test('on Node 20 it says in a sentence which one it needs', async (context) => {
  const node = nodeOrSkip(context, '20');
  for (const args of [['chat'], ['serve'], ['doctor'], ['--version']]) {
    expect(await installed!.run(args, {}, node).ended()).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^punchline needs Node 22\.12 or newer, and this is 20\.[^\n]+\n$/,
      ) as string,
    });
  }
});
