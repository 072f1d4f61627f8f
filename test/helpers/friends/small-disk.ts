import { execFileSync } from 'node:child_process';
import { onTestFinished, type TestContext } from 'vitest';
import { skipWithout } from '../skip-without.ts';
import { aFriendFolder } from './friend-folder.ts';

/** The folder of a friend on a disk of 128 KiB. Skips the test if this user may not mount one. */
export function aSmallDisk(context: TestContext): string {
  const disk = aFriendFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'punchline', disk], { stdio: 'pipe' });
  } catch {
    skipWithout(context, 'this user may not mount a disk');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  return disk;
}
