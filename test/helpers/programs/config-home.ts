import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes an XDG_CONFIG_HOME with this config file. It is removed after the test. */
export function createConfigHome(config: unknown): string {
  const home = mkdtempSync(join(tmpdir(), 'punchline-config-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'punchline'));
  writeFileSync(join(home, 'punchline', 'config.json'), JSON.stringify(config));
  return home;
}
