import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { removeTools, scriptFor, writeTools } from '../../../source/lab/named/own-tools.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-it\'s a $HOME `x` "test"-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('the script runs a program whose path has every character that a shell knows', () => {
  const folder = newFolder();
  const program = join(folder, 'program.cjs');
  writeFileSync(program, 'console.log(JSON.stringify(process.argv.slice(2)))');
  const script = join(folder, 'punchline');
  writeFileSync(script, scriptFor([process.execPath, program]), { mode: 0o700 });
  expect(execFileSync(script, ['a b', "c'd", '$HOME', ''], { encoding: 'utf8' })).toBe(
    '["a b","c\'d","$HOME",""]\n',
  );
});

test('the folder is for its user alone, replaces what was left there, and goes again', () => {
  const tools = join(newFolder(), 'class.bin');
  writeTools(tools);
  writeFileSync(join(tools, 'left'), '');
  writeTools(tools);
  expect(readdirSync(tools).toSorted()).toEqual(['bashrc', 'node', 'punchline']);
  expect(statSync(tools).mode & 0o777).toBe(0o700);
  expect(statSync(join(tools, 'punchline')).mode & 0o777).toBe(0o700);
  expect(execFileSync(join(tools, 'node'), ['-p', '6 * 7'], { encoding: 'utf8' })).toBe('42\n');
  removeTools(tools);
  expect(existsSync(tools)).toBe(false);
  removeTools(tools);
});
