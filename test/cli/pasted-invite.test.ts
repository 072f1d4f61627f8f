/** All doors of the built program read an invite as people send it. Two that meet have read the same code. */
import { expect, test } from 'vitest';
import { openRendezvous } from '../helpers/servers/local-rendezvous.ts';
import { startPunchline } from '../helpers/programs/punchline.ts';
import { runHere } from '../helpers/programs/run-here.ts';

type Door = (place: string) => { readonly args: readonly string[]; readonly env?: Record<string, string> };

const doors: [string, string, Door, Door][] = [
  [
    'words without a command',
    'a line in PUNCHLINE_CODE',
    (place) => ({ args: ['4711', 'velvet', 'orbit', '--json', '-s', place] }),
    (place) => ({ args: ['chat'], env: { PUNCHLINE_CODE: `punchline chat 4711-velvet-orbit@${place}.\n` } }),
  ],
  [
    'words around an option',
    'a line in quotes',
    (place) => ({ args: ['--plain', '4711', '-s', place, '–', 'Velvet', '—', 'orbit'] }),
    (place) => ({ args: [`“$ punchline chat 4711-velvet-orbit@${place}”`] }),
  ],
  [
    'a line behind the command',
    'a code in quotes, and a server in quotes',
    (place) => ({ args: ['chat', 'punchline', 'chat', `4711-velvet-orbit@${place}`] }),
    (place) => ({ args: ['«4711‑velvet‑orbit»\u200B'], env: { PUNCHLINE_SERVER: ` "${place}"\n` } }),
  ],
  [
    'a line of npm',
    '--code with a place',
    (place) => ({
      args: ['npm', 'run', '-s', 'punchline', '--', 'chat', `４７１１ velvet orbit @ ${place}`],
    }),
    (place) => ({ args: ['chat', '--code', `4711_velvet_orbit@${place}`] }),
  ],
  [
    'a line for pipe in quotes',
    'words behind pipe',
    (place) => ({ args: [`punchline pipe 4711-velvet-orbit@${place}`] }),
    (place) => ({ args: ['pipe', '4711', 'velvet', 'orbit', '@', place] }),
  ],
];

test('send and receive read an invite as people send it', async () => {
  const { port } = await openRendezvous();
  const sender = startPunchline(
    ['send', '--text', 'hello', 'punchline', 'receive', `4711-velvet-orbit@127.0.0.1:${port}`],
    { input: '' },
  );
  const receiver = startPunchline(['receive', '4711', 'Velvet', 'orbit', '@', `127.0.0.1:${port}`], {
    input: '',
  });
  const ends = await Promise.all([sender.ended(), receiver.ended()]);
  expect(ends).toMatchObject([{ code: 0 }, { code: 0, stdout: 'hello\n' }]);
});

test.each(doors)('%s and %s meet', async (_, __, one, other) => {
  const { port } = await openRendezvous();
  const programs = [one, other].map((door) => {
    const { args, env = {} } = door(`127.0.0.1:${port}`);
    return startPunchline(args, { env, input: '' });
  });
  const ends = await Promise.all(programs.map((program) => program.ended()));
  expect(ends).toMatchObject([{ code: 0 }, { code: 0 }]);
});

test.each([
  [['7', 'velvet'], 'the code has 1 word after the number, not two'],
  [
    ['7', 'velvet', 'orbti'],
    'the second word of the code is not in the list of code words: it goes wrong at letter 4',
  ],
  [['pipe', '7', 'velvet', 'orbit', 'zoo'], 'the code has 3 words after the number, not two'],
  [['chat', '1e3', 'velvet', 'orbit'], 'neither a hyphen nor a space follows the room number of the code'],
  [['7-velvet-orbit@example.org', 'see', 'you'], 'the invite has 3 words after the @, not one place'],
  // Somebody else has written the options of a line in quotes.
  [['punchline chat --send secrets 7-velvet-orbit'], 'an option stands in the text of the invite'],
  [['caht', '7', 'velvet', 'orbit'], "'caht' is neither a command nor an invite"],
  [['punchline', 'caht', '7-velvet-orbit'], "'caht' is neither a command nor an invite"],
  [['velvet', 'orbit', '7'], 'the first word is neither a command nor an invite'],
  [['--server', '7 velvet orbit'], 'a code stands where a rendezvous is meant'],
])('%j is usage: %s', async (args, text) => {
  const { code, stderr, stdout } = await runHere(args);
  expect({ code, stdout, stderr }).toMatchObject({ code: 2, stdout: '' });
  expect(stderr).toContain(`punchline: ${text}\n`);
});
