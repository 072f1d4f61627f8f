import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ownAddresses, ownNetworks } from '../../source/network/sockets.ts';

test('this machine has an address, at least the loopback one', () => {
  expect(ownAddresses()).toContain('127.0.0.1');
  expect(ownNetworks()).toContain('127.0.0.1/8');
});

test('a process with no file left to ask with gets no address', () => {
  const file = new URL('../../source/network/sockets.ts', import.meta.url);
  const script = `
    import { openSync } from 'node:fs';
    import { ownAddresses, ownNetworks } from '${file.href}';
    try { for (;;) openSync('/dev/null'); } catch ({ code }) { process.stdout.write(code + ' '); }
    process.stdout.write(JSON.stringify([ownAddresses(), ownNetworks()]));
  `;
  const said = execFileSync('prlimit', [
    '--nofile=100:100',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ]);
  expect(String(said)).toBe('EMFILE [[],[]]');
});
