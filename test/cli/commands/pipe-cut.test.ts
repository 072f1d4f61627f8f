import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HostProcess } from '../../../source/lab/host.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { bareEnvironment } from '../../helpers/programs/bare-environment.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { runPunchline } from '../../helpers/lab/punchline-inside.ts';
import { ordinarySite } from '../../helpers/chats/talk.ts';

/** How much of some 33 MB has arrived when each cut begins: far from the end and from each other. */
const cutsAt = [4_000_000, 12_000_000, 20_000_000];
const code = '5000-velvet-orbit';

/** Some large files, and many small ones, so that the blocks of tar begin anywhere. */
function someFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-tar-'));
  for (let n = 0; n < 10; n += 1) {
    const inner = join(folder, `part ${n}`);
    mkdirSync(inner);
    writeFileSync(join(inner, 'large'), randomBytes(3_000_000));
    for (let small = 0; small < 200; small += 1) {
      writeFileSync(join(inner, `small ${small}`), randomBytes(small * 3));
    }
  }
  return folder;
}

/** The stderr of a program, and how often it said that a connection was lost. */
function listen({ stderr }: HostProcess) {
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  function count(text: RegExp) {
    return said.match(text)?.length ?? 0;
  }
  return {
    lost: () => count(/connection lost/g),
    resumed: () => count(/connected again/g),
    until: async (fact: () => boolean) => {
      while (!fact()) {
        await once(stderr, 'data');
      }
    },
  };
}

test(
  'tar through a pipe arrives bit for bit through three cuts of the link',
  { timeout: 180_000 },
  async (context) => {
    const folder = someFolder();
    context.onTestFinished(() => rmSync(folder, { recursive: true }));
    const lab = await labOrSkip(context, { sites: { alice: ordinarySite, bob: ordinarySite } });
    const { alice, bob, rendezvous } = lab.hosts;
    await runPunchline(rendezvous!, ['serve', '--log-level', 'silent']).line('listening');
    const pipe = `"${process.execPath}" "${program}" pipe ${code}@${rendezvous!.addresses[0]!}`;
    const sender = alice!.spawn(['sh', '-c', `tar c -C "${folder}" . | ${pipe}`], { env: bareEnvironment });
    const receiver = bob!.spawn(['sh', '-c', `${pipe} < /dev/null`], { env: bareEnvironment });
    const ends = [listen(sender), listen(receiver)];

    const received = createHash('sha256');
    let receivedBytes = 0;
    let cuts = 0;
    const progress = once(receiver.stdout, 'end');
    receiver.stdout.on('data', (chunk: Buffer) => {
      received.update(chunk);
      receivedBytes += chunk.length;
      if (receivedBytes < (cutsAt[cuts] ?? Infinity)) {
        return;
      }
      cuts += 1;
      void cut(cuts);
    });
    async function cut(n: number) {
      await lab.cut(n % 2 === 0 ? 'alice' : 'bob');
      await Promise.all(ends.map(({ lost, until }) => until(() => lost() === n)));
      await lab.restore(n % 2 === 0 ? 'alice' : 'bob');
    }
    await progress;

    const sent = execFileSync('tar', ['c', '-C', folder, '.'], { maxBuffer: Infinity });
    expect(receivedBytes).toBe(sent.length);
    expect(received.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
    expect(cuts).toBe(3);
    expect(ends.map(({ lost, resumed }) => [lost(), resumed()])).toEqual([
      [3, 3],
      [3, 3],
    ]);
    const exits = await Promise.all([sender.exited, receiver.exited]);
    expect(exits).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  },
);
