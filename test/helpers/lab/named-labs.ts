import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import type { Host } from '../../../source/lab/host.ts';
import type { LabState } from '../../../source/lab/named/lab-messages.ts';
import { hostAt, placeIn } from '../../../source/lab/named/places.ts';
import { sharedCache } from '../programs/bare-environment.ts';
import { startPunchline } from '../programs/punchline.ts';
import { runHere, type End } from '../programs/run-here.ts';
import { needLab } from './lab.ts';

/** A fresh folder for the sockets of labs. All labs in it end with the test. */
export async function createPlace(context: TestContext) {
  await needLab(context);
  const folder = mkdtempSync(join(tmpdir(), 'punchline-labs-'));
  const env = { XDG_RUNTIME_DIR: folder, XDG_CACHE_HOME: sharedCache };
  /** Runs a command in this process. What it says goes nowhere if it starts a program on our terminal. */
  function lab(...args: string[]): Promise<End> {
    return runHere(['lab', ...args], env);
  }
  async function done(...args: string[]): Promise<string> {
    return outputOf(await lab(...args));
  }
  /** Runs a command as the built program does. */
  async function program(...args: string[]) {
    const { code, stderr, stdout } = await startPunchline(['lab', ...args], { input: '', env }).ended();
    return { code, stderr, stdout };
  }
  async function list(): Promise<LabState[]> {
    return (await done('list', '--json'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LabState);
  }
  context.onTestFinished(async () => {
    await lab('down', '--all');
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    sockets: join(folder, 'punchline'),
    lab,
    done,
    program,
    programDone: async (...args: string[]) => outputOf(await program(...args)),
    list,
    /** A place of a lab, to run programs in. */
    host: async (name: string, place: string): Promise<Host> => {
      const state = (await list()).find((one) => one.name === name);
      if (state === undefined) {
        throw new Error(`there is no lab ${name}`);
      }
      return hostAt(placeIn(state, place));
    },
  };
}

export type Place = Awaited<ReturnType<typeof createPlace>>;

function outputOf({ code, stderr, stdout }: Omit<End, 'code'> & { readonly code: number | null }): string {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}
