import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Command } from '../../../source/lab/plan/namespaces.ts';
import { scriptOf } from '../../../source/lab/plan/script.ts';

test('commands get their words and their input as they are, up to the first that fails, whose complaint is told', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-script-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true }));
  const words = ['it\'s "$HOME" \\ `id`', '', '-n'];
  const written = join(folder, 'written');
  const commands: Command[] = [
    { argv: ['sh', '-c', 'echo aloud; echo early >&2'] },
    {
      argv: ['sh', '-c', `cat > '${written}'; printf '<%s>' "$@" >> '${written}'`, 'sh', ...words],
      input: '$x\n`y`',
    },
    { argv: ['cat'] },
    { argv: ['sh', '-c', 'echo broken >&2; exit 3'], input: 'not read\n' },
    { argv: ['sh', '-c', `echo late >> '${written}'`] },
  ];
  const script = scriptOf(commands, { folder, complaint: join(folder, 'complaint') });
  const { status, stderr, stdout } = spawnSync('sh', ['-s'], { input: script, encoding: 'utf8' });
  expect({ status, stderr, stdout }).toEqual({ status: 1, stderr: '', stdout: '3\nbroken\n' });
  expect(readFileSync(written, 'utf8')).toBe(`$x\n\`y\`\n${words.map((word) => `<${word}>`).join('')}`);
});
