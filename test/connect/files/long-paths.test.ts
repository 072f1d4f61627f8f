import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { aFolder, connectedSides, expectTalk, offerTo } from '../../helpers/sessions/file-sides.ts';

/** Every system bounds a whole path: Linux to 4,095 bytes. */
const MAX_WHOLE_BYTES = 4095;

test('a path that is too long on the other disk ends the transfer on both sides, with that reason', async () => {
  const [a, b] = connectedSides();
  const top = join(aFolder(), 'top');
  mkdirSync(top);
  let deepest = top;
  while (deepest.length < MAX_WHOLE_BYTES - 20) {
    deepest = join(deepest, 'd'.repeat(Math.min(200, MAX_WHOLE_BYTES - 15 - deepest.length)));
    mkdirSync(deepest);
  }
  writeFileSync(join(deepest, 'x'), 'x');
  await a.files.send(top);
  (await offerTo(b)).accept();
  const reason = 'top cannot be written: its name or path is too long';
  expect((await a.until('s1', 'failed')).reason).toBe(reason);
  expect((await b.until('r1', 'failed')).reason).toBe(reason);
  await eventually(() => expect(readdirSync(b.folder)).toEqual([]));
  await expectTalk(a, b);
});
