/**
 * `npm run screenshot`: takes the pictures of the pages from real runs of the
 * built program, each in a pseudo-terminal of its own. What needs NATs runs in a
 * lab, so it needs what `punchline lab` needs. With the name of a part, it takes
 * only that part.
 */
import process from 'node:process';
import { rendezvousAddresses } from '../../source/lab/plan/addresses.ts';
import type { Terminal } from '../helpers/terminal/terminal.ts';
import { makeFile, open, openNetwork, save, saveOutput, type Network, type Person } from './stage.ts';

const server = rendezvousAddresses.first;

/** A code agreed beforehand, so that nobody has to read an invite. */
const code = '4711-velvet-orbit';

function openChat({ lab }: Network, person: Person, ...words: readonly string[]): Terminal {
  const args = ['chat', '--server', server, '--code', code, '--name', person, ...words];
  return open(args, { host: lab.hosts[person], person });
}

async function takeDemo(): Promise<void> {
  await using terminal = open(['demo'], { columns: 112 });
  await terminal.waitFor(/line to .*line to /s);
  async function say(text: string): Promise<void> {
    terminal.write(`${text}\r`);
    await terminal.waitFor((screen) => screen.split(text).length === 3 && !screen.includes('… '));
  }
  await say('Can you hear me?');
  terminal.write('\u001B[17~');
  await terminal.waitFor('● Grace');
  await say('Loud and clear, and nothing in between.');
  terminal.write('\t');
  await terminal.waitFor('● Ada');
  await say('That was the punch. This is the line');
  terminal.write('hello, wor');
  await terminal.waitFor('hello, wor');
  save(terminal, 'demo', 'punchline demo');
}

/** An ordinary NAT faces one with random ports. The lines are slow, so that each moment lasts. */
async function takePunch(): Promise<void> {
  await using network = await openNetwork('port-restricted', 'random', 100);
  await using bob = openChat(network, 'bob');
  await bob.waitFor('Waiting for your friend');
  await using anna = openChat(network, 'anna');
  await anna.waitFor(/guess the peer's port.*\d\.[1-9] s/);
  save(anna, 'connecting', 'punchline chat');
  await anna.waitFor(/✓ through[^]*Checking the code/);
  save(anna, 'hit', 'punchline chat');
  await anna.waitFor('line to bob');
  anna.write('/path\r');
  await anna.waitFor('both proved the code');
  save(anna, 'path', '/path');
}

/** One NAT has random ports. As soon as both have them, there is only a relay. */
async function takeImpossible(): Promise<void> {
  await using network = await openNetwork('random', 'full-cone', 40);
  {
    await using bob = openChat(network, 'bob');
    await bob.waitFor('Waiting for your friend');
    await using anna = openChat(network, 'anna');
    await anna.waitFor('line to bob');
    anna.write('/quit\r');
    await Promise.all([network.serve.waitFor('direct'), anna.exit]);
  }
  await network.lab.change('bob', {
    mapping: 'address-and-port-dependent',
    ports: 'random',
    filtering: 'address-and-port-dependent',
  });
  {
    await using bob = openChat(network, 'bob', '--relay', 'never');
    await bob.waitFor('Waiting for your friend');
    await using anna = openChat(network, 'anna', '--relay', 'never');
    await anna.waitFor(/attempt 2 [^]*No direct line through/);
    save(anna, 'impossible', 'punchline chat --relay never');
  }
  await using bob = openChat(network, 'bob');
  await bob.waitFor('Waiting for your friend');
  await using anna = openChat(network, 'anna');
  await anna.waitFor('relayed by');
  anna.write('Do you hear me?\r');
  await bob.waitFor('hear me?');
  bob.write('Yes, by way of the relay.\r');
  await anna.waitFor(/the relay\.[^]*\d ms ·/);
  save(anna, 'relay', 'punchline chat');
  await network.serve.waitFor('1 relayed');
  save(network.serve, 'serve', 'punchline serve');
}

async function takeChat(): Promise<void> {
  makeFile('bob', 'slides.pdf', 4_800_000);
  makeFile('bob', 'lecture.mp4', 2_400_000_000);
  await using network = await openNetwork('port-restricted', 'port-restricted', 10);
  const { anna: host, bob: otherHost } = network.lab.hosts;
  await using anna = open(['chat', '--server', server, '--name', 'anna'], { host });
  const inviting = await anna.waitFor(/punchline chat \d[^]*This side/);
  save(anna, 'waiting', 'punchline chat');
  const invite = /punchline chat (\S+)/.exec(inviting)?.[1] ?? '';
  await using bob = open(['chat', invite, '--name', 'bob'], { host: otherHost, person: 'bob' });
  await bob.waitFor('● ');
  bob.write('hi anna, it works!\r');
  await anna.waitFor('it works!');
  anna.write('So it does. How does the server pair us?\r');
  await bob.waitFor('pair us?');
  const lines = ['```', 'function pair(room) {', '  const [first, second] = room.splice(0, 2);'];
  lines.push('  introduce(first, second);', '}', '```');
  bob.write(`\u001B[200~${lines.join('\n')}\u001B[201~`);
  // More than five pasted lines are sent by a second Enter.
  bob.write('\r');
  await bob.waitFor(/Enter again|once more/);
  bob.write('\r');
  await anna.waitFor('introduce(first');
  bob.write('/send slides.pdf\r');
  await anna.waitFor('slides.pdf');
  anna.write('/accept\r');
  await anna.waitFor(/slides\.pdf[^]*received in/);
  // The terminal reports that it loses the focus, and that it gets it back.
  anna.write('\u001B[O');
  bob.write('The lecture is on its way, too.\r');
  await anna.waitFor('on its way');
  anna.write('\u001B[I');
  bob.write('/send lecture.mp4\r');
  await anna.waitFor('lecture.mp4');
  anna.write('/accept\r');
  await anna.waitFor(/lecture\.mp4 .* [1-9] %/);
  save(anna, 'chat', 'punchline chat');
  bob.write('/cancel\r');
  await anna.waitFor(/lecture\.mp4[^]*cancelled/);
  anna.write('See you tomorrow');
  await anna.waitFor('See you tomorrow');
  await bob.waitFor(/lecture[^]*cancelled/);
  bob.write('/quit\r');
  await anna.waitFor(/bob (has )?left/);
  save(anna, 'left', 'punchline chat');
  await saveOutput(['doctor', '--server', server], { name: 'doctor', host });
}

/** Two chats on this machine, where files are fast. */
async function takeFiles(): Promise<void> {
  makeFile('bob', 'holiday/film.mp4', 1_200_000_000);
  makeFile('bob', 'song.flac', 31_000_000);
  makeFile('anna', 'thesis.pdf', 480_000_000);
  await using rendezvous = open(['serve', '--port', '0', '--probe-port', '0']);
  const [, port = ''] = /port (\d+)/.exec(await rendezvous.waitFor(/Rendezvous on port \d+/)) ?? [];
  const chat = ['chat', '--server', `127.0.0.1:${port}`, '--code', code, '--name'];
  await using anna = open([...chat, 'anna']);
  await using bob = open([...chat, 'bob'], { person: 'bob' });
  await Promise.all([anna.waitFor('● '), bob.waitFor('● ')]);
  bob.write('The film is as long as the holiday was.\r');
  await anna.waitFor('holiday was');
  bob.write('/send holi\t');
  await bob.waitFor('/send holiday/');
  bob.write('\r');
  await anna.waitFor('FOLDER');
  anna.write('/accept\r');
  await anna.waitFor(/↓ r1 holiday.* \d+ %/);
  anna.write('/send thesis.pdf\r');
  await bob.waitFor('thesis.pdf');
  bob.write('/accept\r');
  await anna.waitFor(/↑ s1 thesis\.pdf.* left/);
  bob.write('/send song.flac\r');
  await anna.waitFor('song.flac');
  anna.write('I shall make popcorn.\r');
  await anna.waitFor(/✓ .*I shall/);
  await anna.waitFor(/↓ r1 holiday.* 1\d %/);
  save(anna, 'files', 'Files under way');
  process.kill(bob.pid, 'SIGKILL');
  anna.write('Are you still there?\r');
  await anna.waitFor(/reconnecting .*1 message waiting/);
  save(anna, 'lost', 'A lost connection');
}

/** The help is longer than the window, so a pager shows it and waits. */
async function takeHelp(): Promise<void> {
  await using terminal = open(['--help']);
  await terminal.waitFor(/Examples[^]*Commands[^]*\n.*\S$/);
  save(terminal, 'help', 'punchline --help');
}

const parts = {
  demo: takeDemo,
  punch: takePunch,
  impossible: takeImpossible,
  chat: takeChat,
  files: takeFiles,
  help: takeHelp,
};
const wanted = process.argv[2];
if (wanted !== undefined && !Object.hasOwn(parts, wanted)) {
  throw new Error(`there is no part "${wanted}"; choose one of ${Object.keys(parts).join(', ')}`);
}
for (const [name, take] of Object.entries(parts)) {
  if (wanted === undefined || wanted === name) {
    await take();
  }
}
