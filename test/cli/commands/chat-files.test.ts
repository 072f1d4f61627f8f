import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { aFolder } from '../../helpers/sessions/file-sides.ts';
import { startPair } from '../../helpers/sessions/pair.ts';
import { startPunchline } from '../../helpers/programs/punchline.ts';

function aFile(name: string, bytes: Uint8Array | string) {
  const path = join(aFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe('chat --send', () => {
  test('sends files and folders to --accept-files while both chat, and the end of stdin waits for them', async () => {
    const bytes = randomBytes(5_000_000);
    const [large, small] = [aFile('large', bytes), aFile('a,b', 'small')];
    const folder = aFolder();
    const [one, other] = await startPair(
      { args: ['--accept-files', folder], options: { input: 'from one\n' } },
      { args: ['--send', large, `--send=${small}`], options: { input: 'from other\n' } },
    );
    const [receiver, sender] = await Promise.all([one.ended(), other.ended()]);
    expect([receiver.code, sender.code]).toEqual([0, 0]);
    expect(readdirSync(folder).toSorted()).toEqual(['a,b', 'large']);
    expect(readFileSync(join(folder, 'large')).equals(bytes)).toBe(true);
    for (const { events } of [one, other]) {
      expectEventShapes(events);
      const ends = events.filter((event) => event.event === 'file' && event.state === 'done');
      expect(ends).toHaveLength(2);
    }
    expect(one.events).toContainEqual(expect.objectContaining({ event: 'message', text: 'from other' }));
  });

  test('is declined if nobody can be asked, and the sender sees why', async () => {
    const [one, other] = await startPair({}, { args: ['--send', aFile('x', 'x')], options: { input: '' } });
    const declined = await other.waitFor('file', ({ state }) => state === 'declined');
    expect(declined).toMatchObject({
      by: 'peer',
      reason: expect.stringContaining('--accept-files') as string,
    });
    expect((await other.ended()).code).toBe(0);
    expect((await one.waitFor('file', ({ state }) => state === 'declined')).by).toBe('me');
  });

  test.each([
    { args: [], name: '_env', unhidden: 1 },
    { args: ['--accept-hidden'], name: '.env', unhidden: undefined },
  ])('keeps the dot of a hidden name only with --accept-hidden: $name', async ({ args, name, unhidden }) => {
    const project = join(aFolder(), 'project');
    mkdirSync(project);
    writeFileSync(join(project, '.env'), 'x');
    const folder = aFolder();
    const [one, other] = await startPair(
      { args: ['--accept-files', folder, ...args] },
      { args: ['--send', project], options: { input: '' } },
    );
    await other.ended();
    await one.ended();
    expect(readdirSync(join(folder, 'project'))).toEqual([name]);
    const files = one.events.filter((event) => event.event === 'file');
    expect([files[0]?.hidden, files.at(-1)?.unhidden]).toEqual([1, unhidden]);
    for (const { events } of [one, other]) {
      expectEventShapes(events);
    }
  });

  test.each([
    ['nowhere/at/all', 'cannot be sent: it is not there'],
    ['/dev/null', 'cannot be sent: it is neither a file nor a folder'],
  ])('ends with exit 8 before anything begins if %s is to be sent', async (path, why) => {
    const { code, stdout, stderr } = await startPunchline(
      ['chat', '-s', '127.0.0.1:9', '--json', '--send', path],
      {
        input: '',
      },
    ).ended();
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toContain(why);
  });

  test('says as lines what becomes of a file, whatever its name', async () => {
    const folder = aFolder();
    const [one, other] = await startPair(
      { face: '--plain', args: ['--accept-files', folder] },
      { face: '--plain', args: ['--send', aFile('gpj\u202Eexe', 'x')] },
    );
    await one.waitForText(/^\* received r1 gpj⟨U\+202E⟩exe \(1 byte\) in [\d.]+ m?s: .*gpj⟨U\+202E⟩exe$/m);
    await other.waitForText(/^\* the peer has s1 gpj⟨U\+202E⟩exe \(1 byte\) in [\d.]+ m?s$/m);
    expect(readdirSync(folder)).toEqual(['gpj⟨U+202E⟩exe']);
  });

  test('refuses an empty folder for downloads in the config file', async () => {
    const config = aFolder();
    mkdirSync(join(config, 'punchline'));
    writeFileSync(join(config, 'punchline', 'config.json'), JSON.stringify({ downloads: '' }));
    const { code, stderr } = await startPunchline(['chat', '-s', '127.0.0.1:9', '--json'], {
      input: '',
      env: { XDG_CONFIG_HOME: config },
    }).ended();
    expect(code).toBe(2);
    expect(stderr).toContain('downloads is not the name of a folder');
  });
});
