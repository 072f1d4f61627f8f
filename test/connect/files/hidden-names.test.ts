/** Names that are hidden or have an effect on programs, at every level of an offer, and names that become the same. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import type { Entry, FileMessage, Offer } from '../../../source/connect/files/wire/file-messages.ts';
import {
  aFolder,
  connectedSides,
  connectSides,
  fileSide,
  offerTo,
  sideAndStranger,
} from '../../helpers/sessions/file-sides.ts';

/** Writes files at these paths into a new folder `project`, each with its own path as its text. */
function aProject(...paths: readonly string[]): string {
  const folder = join(aFolder(), 'project');
  mkdirSync(folder);
  for (const path of paths) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
  return folder;
}

/** The files in a folder, by path, with their texts. */
function treeOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
      }),
  );
}

/** Offers it, accepts it, and returns the files that have arrived. */
async function handOver(path: string, { hidden }: { readonly hidden?: boolean } = {}) {
  const [a, b] = connectedSides();
  await a.files.send(path);
  (await offerTo(b)).accept(undefined, { hidden });
  return { a, b, done: await b.until('r1', 'done') };
}

const many = ['.git/config', '.git/hooks/.x', 'a/.envrc', 'a/b/..c', 'readme'];

describe('hidden names in a folder that is offered', () => {
  test('begin with _ at every level', async () => {
    const { b, done } = await handOver(aProject(...many));
    expect(treeOf(b.folder)).toEqual({
      'project/_git/config': '.git/config',
      'project/_git/hooks/_x': '.git/hooks/.x',
      'project/a/_envrc': 'a/.envrc',
      'project/a/b/_c': 'a/b/..c',
      'project/readme': 'readme',
    });
    expect(done.unhidden).toBe(4);
  });

  test('stay if the person who accepts says so', async () => {
    const { b, done } = await handOver(aProject(...many), { hidden: true });
    expect(Object.keys(treeOf(b.folder))).toHaveLength(5);
    for (const path of many) {
      expect(treeOf(b.folder)[`project/${path}`]).toBe(path);
    }
    expect(done).not.toHaveProperty('unhidden');
  });

  test('stay by the default of the connection, unless the answer says no', async () => {
    const [a, b] = [fileSide(), fileSide(aFolder(), true)];
    connectSides(a, b);
    const project = aProject('.env');
    await a.files.send(project);
    await a.files.send(project);
    (await offerTo(b, 1)).accept();
    await b.until('r1', 'done');
    (await offerTo(b, 2)).accept(undefined, { hidden: false });
    await b.until('r2', 'done');
    expect(Object.keys(treeOf(b.folder)).toSorted()).toEqual(['project (1)/_env', 'project/.env']);
  });

  test('are counted in the offer, on both sides', async () => {
    const [a, b] = connectedSides();
    await a.files.send(aProject(...many));
    expect(a.events[0]).toMatchObject({ state: 'offered', hidden: 4 });
    expect(await offerTo(b)).toMatchObject({ hidden: 4 });
    expect(b.events[0]).toMatchObject({ state: 'offered', hidden: 4 });
  });

  test('are not mentioned if there are none', async () => {
    const { a, b, done } = await handOver(aProject('a/b', 'c'));
    for (const event of [a.events[0], b.events[0], done]) {
      expect(event).not.toHaveProperty('hidden');
      expect(event).not.toHaveProperty('unhidden');
    }
  });

  test('count the name of the offer itself', async () => {
    const file = join(aProject('.bashrc'), '.bashrc');
    const plain = await handOver(file);
    expect(plain.b.events[0]).toMatchObject({ hidden: 1 });
    expect(readdirSync(plain.b.folder)).toEqual(['_bashrc']);
    expect(plain.done.unhidden).toBe(1);
    const kept = await handOver(file, { hidden: true });
    expect(readdirSync(kept.b.folder)).toEqual(['.bashrc']);
  });
});

/** Runs git with its default settings instead of the user's. */
function git(folder: string, ...args: readonly string[]) {
  return execFileSync('git', ['-C', folder, '-c', 'safe.bareRepository=all', ...args], {
    stdio: 'pipe',
    env: { ...process.env, HOME: '/nowhere', XDG_CONFIG_HOME: '/nowhere', GIT_CONFIG_NOSYSTEM: '1' },
  }).toString();
}

function hasGit(): boolean {
  try {
    return git('.', '--version') !== '';
  } catch {
    return false;
  }
}

/** The file that the command creates. */
function mark() {
  return join(aFolder(), 'ran');
}
function commandOf(marked: string) {
  return `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = "touch '${marked}'; false"\n`;
}

/** The files that make a folder a repository. */
function layRepository(at: string, marked: string, more = ''): void {
  for (const name of ['objects', 'refs']) {
    mkdirSync(join(at, name), { recursive: true });
  }
  writeFileSync(join(at, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(at, 'config'), commandOf(marked) + more);
}

describe.skipIf(!hasGit() && process.env['CI'] === undefined)(
  'a repository with a command in its config',
  () => {
    test.each<[string, (folder: string, marked: string) => void]>([
      ['under the name of a repository', (folder, marked) => layRepository(join(folder, '.git'), marked)],
      [
        'as one without a folder of its own',
        (folder, marked) => layRepository(folder, marked, '\tworktree = .\n'),
      ],
    ])('%s runs nothing, unless hidden names were kept', async (_, lay) => {
      for (const hidden of [false, true]) {
        const [source, marked] = [aProject('readme'), mark()];
        lay(source, marked);
        const { b } = await handOver(source, { hidden });
        try {
          git(join(b.folder, 'project'), 'status');
        } catch {
          // In a folder that is not a repository, git ends with an error.
        }
        expect(existsSync(marked)).toBe(hidden);
      }
    });
  },
);

function bytesOf(text: string) {
  return Buffer.from(text);
}
function fileMessages(path: string, text = path): readonly FileMessage[] {
  return [
    {
      type: 'entry',
      id: 1,
      isFolder: false,
      isExecutable: false,
      bytes: bytesOf(text).length,
      from: 0,
      path,
    },
    { type: 'chunk', id: 1, bytes: bytesOf(text) },
    { type: 'end', id: 1, hash: createHash('sha256').update(text).digest() },
  ];
}
function folderEntry(path: string): { readonly type: 'entry' } & Entry {
  return {
    type: 'entry',
    id: 1,
    isFolder: true,
    isExecutable: false,
    bytes: 0,
    from: 0,
    path,
  };
}

/** Sends an offer and these messages as a peer that does what it likes. */
function offerOf(messages: readonly FileMessage[], change: Partial<Offer> = {}): FileMessage {
  const files = messages.filter((one) => one.type === 'entry' && !one.isFolder);
  const bytes = files.reduce((sum, one) => sum + (one.type === 'entry' ? one.bytes : 0), 0);
  const fingerprint = new Uint8Array(32).fill(7);
  return {
    type: 'offer',
    id: 1,
    name: 'x',
    bytes,
    files: files.length,
    isFolder: true,
    fingerprint,
    ...change,
  };
}

async function bring(messages: readonly FileMessage[], hidden = false) {
  const { side, say } = sideAndStranger();
  say(offerOf(messages));
  (await offerTo(side)).accept(undefined, { hidden });
  await side.until('r1', 'progress');
  say(...messages, { type: 'complete', id: 1 });
  await side.until('r1', 'done');
  return treeOf(join(side.folder, 'x'));
}

describe('names that become the same', () => {
  test('are two files', async () => {
    expect(
      await bring([
        ...fileMessages('.a'),
        ...fileMessages('_a'),
        ...fileMessages('a?'),
        ...fileMessages('a*'),
      ]),
    ).toEqual({
      _a: '.a',
      '_a (1)': '_a',
      a_: 'a?',
      'a_ (1)': 'a*',
    });
  });

  test('are two folders, each with what it holds, at every level', async () => {
    const messages: FileMessage[] = [];
    for (const top of ['.a', '_a']) {
      messages.push(folderEntry(top), ...fileMessages(`${top}/x`));
      for (const inner of [`${top}/?`, `${top}/*`]) {
        messages.push(folderEntry(inner), ...fileMessages(`${inner}/y`));
      }
    }
    expect(await bring(messages)).toEqual({
      '_a/x': '.a/x',
      '_a/_/y': '.a/?/y',
      '_a/_ (1)/y': '.a/*/y',
      '_a (1)/x': '_a/x',
      '_a (1)/_/y': '_a/?/y',
      '_a (1)/_ (1)/y': '_a/*/y',
    });
  });

  test.each([
    [
      'a folder and a file',
      [folderEntry('.a'), ...fileMessages('.a/x'), ...fileMessages('_a')],
      { '_a/x': '.a/x', '_a (1)': '_a' },
    ],
    [
      'a file and a folder',
      [...fileMessages('.a'), folderEntry('_a'), ...fileMessages('_a/x')],
      { _a: '.a', '_a (1)/x': '_a/x' },
    ],
  ])('are %s', async (_, messages, tree) => {
    expect(await bring(messages)).toEqual(tree);
  });

  test('never become the same if hidden names stay', async () => {
    expect(await bring([...fileMessages('.a'), ...fileMessages('_a')], true)).toEqual({
      '.a': '.a',
      _a: '_a',
    });
  });

  test('too often make the transfer fail, and nothing of it stays', async () => {
    const { side, say } = sideAndStranger();
    const messages = Array.from({ length: 120 }, (_, n) => folderEntry(`${'.'.repeat(n + 1)}a`));
    say(offerOf(messages));
    (await offerTo(side)).accept();
    await side.until('r1', 'progress');
    say(...messages);
    expect((await side.until('r1', 'failed')).reason).toMatch(/its name is taken already$/);
    await eventually(() => expect(readdirSync(side.folder)).toEqual([]));
  });
});

describe('what a peer says about hidden names', () => {
  test('counts only for the next offer, and decides nothing', async () => {
    const { side, say } = sideAndStranger();
    const messages = fileMessages('.a');
    say(
      { type: 'hidden', id: 1, names: 0 },
      { type: 'hidden', id: 9, names: 5 },
      offerOf(messages),
      { type: 'hidden', id: 2, names: 4_294_967_295 },
      offerOf(messages, { id: 2 }),
    );
    expect(await offerTo(side)).not.toHaveProperty('hidden');
    expect(await offerTo(side, 2)).toMatchObject({ hidden: 50_000 });
    (await offerTo(side)).accept();
    await side.until('r1', 'progress');
    say(...messages, { type: 'complete', id: 1 });
    expect(await side.until('r1', 'done')).toMatchObject({ unhidden: 1 });
    expect(treeOf(join(side.folder, 'x'))).toEqual({ _a: '.a' });
  });

  test('is ignored for the name of the offer itself', async () => {
    const { side, say } = sideAndStranger();
    say(offerOf([], { name: ' .x' }));
    expect(await offerTo(side)).toMatchObject({ hidden: 1 });
  });
});

test('a peer can never create a folder that looks like one with the part of an offer', async () => {
  const name = '.Punchline-0123456789abcdef.part';
  const messages = [folderEntry(name), ...fileMessages(`${name}/journal`)];
  expect(await bring(messages, true)).toEqual({ [`_${name.slice(1)}/journal`]: `${name}/journal` });
  const { side, say } = sideAndStranger();
  say(offerOf(messages, { name }));
  (await offerTo(side)).accept(undefined, { hidden: true });
  await side.until('r1', 'progress');
  say(...messages, { type: 'complete', id: 1 });
  expect((await side.until('r1', 'done')).path).toBe(join(side.folder, `_${name.slice(1)}`));
});

describe('a folder of which a part has come', () => {
  const messages = [
    folderEntry('.a'),
    ...fileMessages('.a/x', 'first'),
    folderEntry('_a'),
    ...fileMessages('_a/x', 'second'),
    folderEntry('_a/.b'),
    ...fileMessages('_a/.b/y', 'third'),
  ];
  /** Sends all files except the last byte of the last one, and goes. Returns the folder. */
  async function begun(hidden: boolean): Promise<string> {
    const { side, say, stranger } = sideAndStranger();
    say(offerOf(messages));
    (await offerTo(side)).accept(undefined, { hidden });
    await side.until('r1', 'progress');
    say(...messages.slice(0, -2), { type: 'chunk', id: 1, bytes: bytesOf('t') });
    await eventually(() => expect(Object.values(treeOf(side.folder))).toContain('t'));
    side.files.end('the program has ended');
    for (const { session } of [side, stranger]) {
      session.destroy();
    }
    await eventually(() => expect(side.files.isIdle).toBe(true));
    return side.folder;
  }
  /** Offers it again. Returns what is asked for, and which files are there at the end. */
  async function again(at: string, hidden: boolean) {
    const { side, say, heard } = sideAndStranger(at);
    say(offerOf(messages));
    (await offerTo(side)).accept(undefined, { hidden });
    const asked = await eventually(() => {
      const last = heard.at(-1);
      if (last?.type !== 'accept') {
        throw new Error(`heard ${JSON.stringify(last)}`);
      }
      return last;
    });
    const isBegun = asked.entries > 0;
    const rest: readonly FileMessage[] = [
      { ...(messages.at(-3) as { readonly type: 'entry' } & Entry), from: 1 },
      { type: 'chunk', id: 1, bytes: bytesOf('hird') },
      ...messages.slice(-1),
    ];
    say(...(isBegun ? rest : messages), { type: 'complete', id: 1 });
    const done = await side.until('r1', 'done');
    return { asked, done, tree: treeOf(join(at, 'x')) };
  }
  const visible = { '_a/x': 'first', '_a (1)/x': 'second', '_a (1)/_b/y': 'third' };
  const kept = { '.a/x': 'first', '_a/x': 'second', '_a/.b/y': 'third' };

  test.each([
    [false, visible],
    [true, kept],
  ])(
    'goes on under the same names if the answer about hidden names is the same: %s',
    async (hidden, tree) => {
      const result = await again(await begun(hidden), hidden);
      expect(result.asked).toMatchObject({ entries: 5, bytes: 1 });
      expect(result.tree).toEqual(tree);
      expect(result.done.unhidden).toBe(hidden ? undefined : 2);
    },
  );

  test.each([
    [false, kept],
    [true, visible],
  ])('begins anew if the answer about hidden names is no longer %s', async (hidden, tree) => {
    const result = await again(await begun(hidden), !hidden);
    expect(result.asked).toMatchObject({ entries: 0, bytes: 0 });
    expect(result.tree).toEqual(tree);
  });
});
