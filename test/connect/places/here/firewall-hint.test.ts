import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { firewallHint } from '../../../../source/connect/places/here/firewall-hint.ts';

/** A file system with one file. */
function rootWith(file: string, text: string): string {
  const root = mkdtempSync(join(tmpdir(), 'punchline-root-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return root;
}

function hintAt(root: string) {
  return firewallHint(40_123, { root, platform: 'linux' });
}

test.each([
  ['etc/ufw/ufw.conf', '# ufw\nENABLED=yes\nLOGLEVEL=low\n', 'sudo ufw allow 40123/tcp'],
  ['run/firewalld.pid', '812', 'sudo firewall-cmd --add-port=40123/tcp'],
])('%s tells of a firewall, and how to let the port in', async (file, text, command) => {
  expect(await hintAt(rootWith(file, text))).toContain(command);
});

test.each([
  ['a firewall that is off', 'etc/ufw/ufw.conf', '# ENABLED=yes\nENABLED=no\n'],
  ['no firewall', 'etc/hostname', 'here'],
])('%s leads to no hint', async (_what, file, text) => {
  expect(await hintAt(rootWith(file, text))).toBeUndefined();
});
