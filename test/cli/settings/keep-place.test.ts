import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepPlace } from '../../../source/cli/settings/keep-place.ts';
import { needOtherUsers, stranger } from '../../helpers/programs/other-users.ts';

/** The path of a config file in a new folder. Without a text, neither the file nor its folder is there. */
function configFile(text?: string): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'punchline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'punchline', 'config.json');
  if (text !== undefined) {
    mkdirSync(dirname(path));
    writeFileSync(path, text, { mode: 0o640 });
  }
  return path;
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

test('a config file that is missing is made, for this user alone', async () => {
  const path = configFile();
  await keepPlace(path, { server: 'wormhole' });
  expect(read(path)).toBe('{\n  "server": "wormhole"\n}\n');
  expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
});

test('what else the file says stays, and so do its mode and its layout', async () => {
  const path = configFile('{\n\t"name": "Ada",\n\t"keys": {"undo":  "F4"}\n}\n');
  await keepPlace(path, { server: 'example.org:9000' });
  expect(read(path)).toBe(
    '{\n\t"name": "Ada",\n\t"keys": {"undo":  "F4"},\n\t"server": "example.org:9000"\n}\n',
  );
  expect(statSync(path).mode & 0o777).toBe(0o640);
  // Nothing else is left in the folder.
  expect(readdirSync(dirname(path))).toEqual(['config.json']);
});

test('one place takes the place of the other', async () => {
  const path = configFile('{"server": "example.org"}');
  await keepPlace(path, { here: true });
  expect(JSON.parse(read(path))).toEqual({ here: true });
  await keepPlace(path, { server: 'wormhole' });
  expect(JSON.parse(read(path))).toEqual({ server: 'wormhole' });
});

test('a link to the file stays a link', async () => {
  const [path, target] = [configFile('{}'), configFile('{"name":"Ada"}')];
  rmSync(path);
  symlinkSync(target, path);
  await keepPlace(path, { server: 'wormhole' });
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(JSON.parse(read(target))).toEqual({ name: 'Ada', server: 'wormhole' });
});

test.each([
  ['{"server": ', 'it is not JSON'],
  ['{"servr": "x"}', "'servr' is not a key"],
  ['[]', 'it is not a JSON object'],
])('a file with %j is not overwritten', async (text, why) => {
  const path = configFile(text);
  await expect(keepPlace(path, { server: 'wormhole' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining(why) as string,
  });
  expect(read(path)).toBe(text);
});

test('a file that all may write to, or of another user, is not overwritten', async (context) => {
  const path = configFile('{}');
  chmodSync(path, 0o666);
  await expect(keepPlace(path, { server: 'wormhole' })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  chmodSync(path, 0o600);
  needOtherUsers(context);
  chownSync(path, stranger, stranger);
  await expect(keepPlace(path, { server: 'wormhole' })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  expect(read(path)).toBe('{}');
});

test('a folder that cannot be made is named', async () => {
  const path = join(configFile('{}'), 'punchline', 'config.json');
  await expect(keepPlace(path, { server: 'wormhole' })).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `the config file ${path} cannot be written: it is not a folder`,
  });
  expect(existsSync(path)).toBe(false);
});
