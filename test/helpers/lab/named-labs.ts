import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { startPunchline } from '../programs/punchline.ts';
import { labOrSkip } from './lab.ts';

/** What `lab list --json` tells of a lab. */
export interface LabJson {
  readonly name: string;
  readonly pid: number;
  readonly hosts: { readonly name: string; readonly enter: readonly string[] }[];
  readonly sites: { readonly name: string; readonly external: string | null; readonly cut: boolean }[];
}

/** A fresh folder for the sockets of labs. All labs in it end with the test. */
export async function createPlace(context: TestContext) {
  await (await labOrSkip(context, { sites: {} })).close();
  const folder = mkdtempSync(join(tmpdir(), 'punchline-labs-'));
  async function lab(...args: string[]) {
    const { code, stderr, stdout } = await startPunchline(['lab', ...args], {
      input: '',
      env: { XDG_RUNTIME_DIR: folder },
    }).ended();
    return { code, stderr, stdout };
  }
  async function done(...args: string[]): Promise<string> {
    const { code, stderr, stdout } = await lab(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }
  async function list(): Promise<LabJson[]> {
    return (await done('list', '--json'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LabJson);
  }
  context.onTestFinished(async () => {
    await lab('down', '--all');
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, sockets: join(folder, 'punchline'), lab, done, list };
}

export type Place = Awaited<ReturnType<typeof createPlace>>;
