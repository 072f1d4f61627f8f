import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { TestContext } from 'vitest';
import { createPlace } from './named-labs.ts';

/** What the machine and the folder of sockets show. */
interface Shown {
  readonly links: string;
  readonly namespaces: string;
  readonly sockets: readonly string[];
}

/** Makes and ends so many labs. Returns what there is to see before and after. */
export async function makeLabs(
  context: TestContext,
  count: number,
): Promise<{ readonly before: Shown; readonly after: Shown }> {
  const place = await createPlace(context);
  await place.list();
  function look(): Shown {
    const [links, namespaces] = ['-o link', 'netns'].map((what) =>
      execFileSync('ip', what.split(' '), { encoding: 'utf8' }),
    ) as [string, string];
    return { links, namespaces, sockets: readdirSync(place.sockets) };
  }
  const before = look();
  for (let made = 0; made < count; made += 1) {
    await place.done('up', 'alice=cone', 'bob=random/rst');
    await place.done('down');
  }
  return { before, after: look() };
}
