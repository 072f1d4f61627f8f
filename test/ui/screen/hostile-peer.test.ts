import { describe, expect, test } from 'vitest';
import type { Happening, PunchlineEvent } from '../../../source/events.ts';
import { nameText } from '../../../source/ui/text/peer-name.ts';
import { createJsonPrinter } from '../../../source/ui/lines/json.ts';
import { createLogPrinter } from '../../../source/ui/lines/conversation-log.ts';
import { createPlainPrinter } from '../../../source/ui/lines/plain.ts';
import { widthOf } from '../../../source/ui/text/text-layout.ts';
import { sizes, type Size } from '../../helpers/chats/conversation.ts';
import { hostileFamilies, hostileNames, hostileTexts } from '../../helpers/strangers/hostile-texts.ts';
import { openScreen } from '../../helpers/terminal/open-screen.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, fromPeer } from '../../helpers/chats/story.ts';

/** The OSC sequences that have an effect in some terminal, except the title, which the program sets itself. */
const otherOsc = [0, 1, 4, 7, 8, 9, 10, 11, 12, 22, 50, 52, 99, 104, 110, 133, 633, 777, 1337];

/** The sequence that the program itself writes for a link, see links.test.ts. */
const ownLink = /^8;(?:;|id=\d+-\d+;https?:\/\/[!-~]+)$/;

interface Effects {
  /** The effects on the terminal besides drawing. */
  readonly done: readonly string[];
  readonly titles: readonly string[];
  readonly modes: unknown;
  readonly cursor: unknown;
  readonly buffer: string;
  /** The rows that only the program writes. */
  readonly frame: readonly string[];
  readonly raw: string;
}

/** Shows a screen on which the peer, named `name`, says these texts, and then the user types. */
async function effectsOf(
  name: string,
  happenings: readonly Happening[],
  size: Size = sizes[0]!,
): Promise<Effects> {
  const chat = createScriptedChat();
  await using screen = openScreen([{ chat }], { ...size, settings: { notify: 'text' } });
  const { xterm } = screen;
  const done: string[] = [];
  const titles: string[] = [];
  for (const number of otherOsc) {
    xterm.parser.registerOscHandler(number, (data) => {
      if (!ownLink.test(`${number};${data}`)) {
        done.push(`OSC ${number} ${data}`);
      }
      return true;
    });
  }
  xterm.parser.registerDcsHandler({ final: 'q' }, () => done.push('DCS') > 0);
  xterm.onBell(() => done.push('bell'));
  xterm.onTitleChange((title) => titles.push(title));
  screen.onReply((reply) => done.push(`reply ${reply}`));
  chat.emit({ ...connected, peer: { name } }, ...happenings, fromPeer('the end'));
  await screen.waitFor('the end');
  screen.type('draft');
  const rows = (await screen.waitFor('› draft')).split('\n');
  await screen.flush();
  return {
    done,
    titles,
    modes: { ...xterm.modes },
    cursor: screen.cursor(),
    buffer: screen.buffer(),
    frame: size.rows < 9 ? rows.slice(-2) : [rows[0] ?? '', ...rows.slice(-3)],
    raw: screen.raw(),
  };
}

/** The effects of harmless words at each size. */
const harmlessIn = new Map(
  await Promise.all(
    sizes.map(async (size) => [size, await effectsOf('anna', [fromPeer('hello')], size)] as const),
  ),
);
const harmless = harmlessIn.get(sizes[0]!)!;

/** The control sequences that the program itself draws with. */
// oxlint-disable-next-line no-control-regex -- control sequences are what this file is about
const ownSequences = /\u001B(?:\[[0-9;?<>=]*[A-Za-z$~]p?|\][28];[^\u0007\u001B]*\u001B\\)/g;
// oxlint-disable-next-line no-control-regex -- the same
const control = /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u200B\u202A-\u202E\u2066-\u2069]/;

function expectHarmless(effects: Effects, size: Size = sizes[0]!): void {
  const usual = harmlessIn.get(size)!;
  const { raw, frame, done, modes, cursor, buffer } = effects;
  expect({ done, modes, cursor, buffer }).toEqual({
    done: usual.done,
    modes: usual.modes,
    cursor: usual.cursor,
    buffer: usual.buffer,
  });
  expect(Math.max(...frame.map(widthOf))).toBeLessThanOrEqual(size.columns);
  expect(raw.replaceAll(ownSequences, '').match(control)).toBeNull();
}

test('harmless words change only the screen and the title', () => {
  expect(harmless.done.filter((one) => !one.startsWith('reply'))).toEqual([]);
  expect(harmless.titles.at(-1)).toBe('Punchline: anna');
  expect(harmless.buffer).toBe('alternate');
});

describe.each(sizes)('messages of the peer, in $columns columns and $rows rows', (size) => {
  const usual = harmlessIn.get(size)!;

  test.each(hostileFamilies)('%s', async (family) => {
    const texts = hostileTexts.filter(([of]) => of === family).map(([, text]) => text);
    const happenings: readonly Happening[] = [
      ...texts.map((text, index) => fromPeer(text, `${index}`)),
      ...texts.map((text): Happening => ({ event: 'heartbeat', direction: 'received', n: 1, text })),
      ...texts.map((reason): Happening => ({ event: 'lost', reason, queued: 0 })),
      { event: 'resumed', ms: 1, resent: 0, path: 'direct' },
      ...texts.map((message): Happening => ({
        event: 'error',
        code: 'ERR_PROTOCOL',
        message,
        hint: message,
      })),
    ];
    const effects = await effectsOf('anna', happenings, size);
    expectHarmless(effects, size);
    expect(effects.titles).toEqual(usual.titles);
    expect(effects.frame).toEqual(usual.frame);
  });

  test('10,000 messages at once leave the screen intact, and keys still work', async () => {
    const flood = Array.from({ length: 10_000 }, (_, n) => fromPeer(`${n} \u001B]0;owned\u0007`, `${n}`));
    const effects = await effectsOf('anna', flood, size);
    expectHarmless(effects, size);
    expect(effects.titles).toEqual(usual.titles);
    expect(effects.frame).toEqual(usual.frame);
  });
});

describe('names of the peer', () => {
  test.each(hostileNames.slice(0, 13))('%j', async (name) => {
    const effects = await effectsOf(name, []);
    expectHarmless(effects);
    expect(effects.titles.at(-1)).toBe(`Punchline: ${nameText(name)}`);
  });

  test('changed one after the other', async () => {
    const effects = await effectsOf('anna', [
      ...hostileNames.map((name): Happening => ({ event: 'renamed', name })),
      { event: 'renamed', name: 'anna' },
    ]);
    expectHarmless(effects);
    const titles = ['', 'anna', ...hostileNames.map((name) => nameText(name)), 'anna'].map((name) =>
      name === '' ? 'Punchline' : `Punchline: ${name}`,
    );
    expect(effects.titles).toEqual(titles.filter((title, index) => title !== titles[index - 1]));
  });
});

function visitOf(name: string): readonly Happening[] {
  const left: Happening = { event: 'ended', reason: 'peer-left', exit: 0 };
  return [{ ...connected, peer: { name } }, fromPeer('hello'), left];
}

function eventOf(happening: Happening): PunchlineEvent {
  return { v: 1, at: 0, ...happening };
}

describe('outputs without a screen', () => {
  const all: readonly Happening[] = [
    ...hostileNames.flatMap(visitOf),
    ...hostileTexts.flatMap(([, text]): Happening[] => [
      fromPeer(text),
      { event: 'heartbeat', direction: 'received', n: 1, text },
      { event: 'lost', reason: text, queued: 0 },
      { event: 'error', code: 'ERR_PROTOCOL', message: text, hint: text },
    ]),
  ];
  function written(create: (write: (text: string) => void) => (event: PunchlineEvent) => void): string {
    let output = '';
    const print = create((text) => {
      output += text;
    });
    for (const happening of all) {
      print(eventOf(happening));
    }
    return output;
  }

  test('plain: every line shows its author, and holds no control character', () => {
    const output = written(createPlainPrinter);
    expect(output.match(control)).toBeNull();
    for (const line of output.trimEnd().split('\n')) {
      expect(line).toMatch(/^(?:\* |<\S.*> | {4})/);
    }
  });

  test('log: a message is one line', () => {
    const output = written(createLogPrinter);
    expect(output.match(control)).toBeNull();
    const messages = all.filter(({ event }) => event === 'message');
    expect(output.trimEnd().split('\n')).toHaveLength(messages.length);
  });

  test('json: an event is one line, verbatim to a program and harmless to a terminal', () => {
    const lines = written(createJsonPrinter).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(all.map(eventOf));
    expect(lines.join('').replaceAll('\u200B', '').match(control)).toBeNull();
  });
});
