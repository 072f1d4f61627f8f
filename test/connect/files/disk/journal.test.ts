import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dropUnnoted } from '../../../../source/connect/files/disk/journal.ts';
import { aFolder } from '../../../helpers/sessions/file-sides.ts';

test('what is not in the journal is removed, and what is there under another spelling of its name stays', async () => {
  const content = aFolder();
  mkdirSync(join(content, 'noted'));
  mkdirSync(join(content, 'unnoted'));
  for (const path of ['noted/x', 'noted/y', 'unnoted/x', 'z']) {
    writeFileSync(join(content, path), path);
  }
  // The link gives the file a second spelling, as a file system does that writes accents in another way.
  symlinkSync('noted', join(content, 'link'));
  const entries = ['noted', 'link', 'link/x'].map((path) => ({
    path,
    isFolder: !path.endsWith('x'),
    bytes: 0,
  }));
  await dropUnnoted(content, entries);
  const paths = ['noted', 'link', 'noted/x', 'noted/y', 'unnoted', 'z'];
  expect(paths.filter((path) => existsSync(join(content, path)))).toEqual(['noted', 'link', 'noted/x']);
});
