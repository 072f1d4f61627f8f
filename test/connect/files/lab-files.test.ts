import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aFolder } from '../../helpers/sessions/file-sides.ts';
import { startTalk } from '../../helpers/chats/talk.ts';

const timeout = 200_000;

const messages = 100;
const largeBytes = 50_000_000;

function aFolderOf(files: number): string {
  const folder = join(aFolder(), 'holiday');
  for (let n = 0; n < files; n += 1) {
    const inner = join(folder, `${n % 20}`);
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `${n}.bin`), randomBytes(n * 3));
  }
  return folder;
}

/** A digest of a file, or of all that a folder holds. */
function digest(path: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const name of names.toSorted()) {
    hash.update(name.slice(path.length)).update(readFileSync(name));
  }
  return `${names.length} files, ${hash.digest('hex')}`;
}

/** Two chats behind NATs, 80 ms from each other. `alice` sends, and `bob` accepts everything. */
async function startSending(context: Parameters<typeof startTalk>[0], ...paths: readonly string[]) {
  const folder = aFolder();
  const talk = await startTalk(context, {
    options: ['--accept-files', folder],
    aliceOptions: paths.flatMap((path) => ['--send', path]),
  });
  const [, bob] = talk.peers;
  function under(id: string, state: string) {
    return bob.line('file', (line) => line['id'] === id && line['state'] === state);
  }
  return { talk, folder, bob, under };
}

test(
  'a file and a folder arrive bit for bit over a line that is cut three times and rebound once',
  async (context) => {
    const large = join(aFolder(), 'large.bin');
    writeFileSync(large, randomBytes(largeBytes));
    const holiday = aFolderOf(1000);
    const { talk, folder, bob, under } = await startSending(context, large, holiday);
    for (const [share, seconds] of [
      [0, 1],
      [0.3, 6],
      [0.6, 1],
    ] as const) {
      await bob.line('file', (line) => Number(line['done']) > share * largeBytes);
      talk.say(10);
      await talk.lab.cut('alice');
      await talk.sayWithin(seconds * 1000, 10);
      await talk.lab.restore('alice');
    }
    await under('r2', 'progress');
    await talk.lab.rebind('bob');
    talk.say(10);
    await Promise.all([under('r1', 'done'), under('r2', 'done')]);
    await talk.heardAll();
    expect(readFileSync(join(folder, 'large.bin')).equals(readFileSync(large))).toBe(true);
    expect(digest(join(folder, 'holiday'))).toBe(digest(holiday));
    expect(readdirSync(folder).toSorted()).toEqual(['holiday', 'large.bin']);
  },
  timeout,
);

test(
  'messages overtake a file',
  async (context) => {
    const large = join(aFolder(), 'large.bin');
    writeFileSync(large, randomBytes(150_000_000));
    const { talk, bob, under } = await startSending(context, large);
    await under('r1', 'progress');
    await talk.sayWithin(4000, messages);
    await talk.heardAll();
    const isDone = bob.lines.some((line) => line.event === 'file' && line['state'] === 'done');
    // Otherwise there would have been nothing to overtake.
    expect(isDone).toBe(false);
  },
  timeout,
);
