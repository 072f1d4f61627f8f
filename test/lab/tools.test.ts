import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireWatching } from '../../source/lab/watch/router-capture.ts';
import { requireTapDevices, requireTools } from '../../source/lab/tools.ts';

test('all missing tools are named, with the packages to install', () => {
  expect(() => requireTools(['ip', 'nft', 'wirefilter', 'vde_switch'], '/nonexistent')).toThrow(
    expect.objectContaining({
      code: 'ERR_MISSING_TOOL',
      message: 'A lab needs ip and nft and wirefilter and vde_switch, which are not installed.',
      hint: expect.stringContaining('apt-get install iproute2 nftables vde2.'),
    }),
  );
});

test('the program that maps ports has another name than its package', () => {
  expect(() => requireTools(['miniupnpd'], '/nonexistent')).toThrow(
    expect.objectContaining({
      code: 'ERR_MISSING_TOOL',
      hint: expect.stringContaining('apt-get install miniupnpd-nftables.'),
    }),
  );
});

test('a watch also needs a program that captures', () => {
  const isRoot = process.geteuid?.() === 0;
  expect(() => requireWatching('/nonexistent')).toThrow(
    expect.objectContaining({
      code: 'ERR_MISSING_TOOL',
      hint: expect.stringMatching(isRoot ? /conntrack tcpdump/ : /conntrack wireshark-common/),
    }),
  );
});

test('a tool is found in any folder of the path, if it is executable', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = `/nonexistent:${folder}`;
  writeFileSync(join(folder, 'nft'), '');
  chmodSync(join(folder, 'nft'), 0o644);
  expect(() => requireTools(['nft'], path)).toThrow('A lab needs nft, which is not installed.');
  chmodSync(join(folder, 'nft'), 0o755);
  requireTools(['nft'], path);
});

test('a line whose device cannot be opened is refused with a hint', () => {
  expect(() => requireTapDevices('/nonexistent/tun')).toThrow(
    expect.objectContaining({ code: 'ERR_PERMISSION', hint: expect.stringContaining('as root') }),
  );
});
