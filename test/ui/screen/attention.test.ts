import { describe, expect, test } from 'vitest';
import type { Happening, PunchlineEvent } from '../../../source/events.ts';
import { Attention, type AttentionOptions } from '../../../source/ui/screen/attention.ts';
import { fileNews } from '../../../source/ui/transfers/file-wording.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';
import { connected, fromPeer } from '../../helpers/chats/story.ts';

const away = { key: 'focus-out' };
const back = { key: 'focus-in' };
const knowsFocus = { reply: '\u001B[?1004;2$y' };

function event(happening: Happening): PunchlineEvent {
  return { v: 1, at: 0, ...happening };
}
const message = event(fromPeer('the cat is out; really'));
function title(text: string) {
  return `\u001B]2;${text}\u001B\\`;
}

/** A user who talks with anna and has not touched a key for a long time. */
function attentionTo(options: Partial<AttentionOptions> = {}): Attention {
  const attention = new Attention({
    notify: 'name',
    way: 'osc 9',
    hasTitle: false,
    startedAtMs: -1_000_000,
    ...options,
  });
  attention.fileNews = fileNews;
  attention.onStroke(knowsFocus, -1_000_000);
  attention.onEvent(event(connected), 0, -1_000_000);
  return attention;
}

describe('a terminal that reports its focus', () => {
  test('gets no notification while it has the focus', () => {
    const attention = attentionTo();
    expect(attention.onEvent(message, 0, 0)).toBe('');
    attention.onStroke(away, 1);
    attention.onStroke(back, 2);
    expect(attention.onEvent(message, 0, 100_000)).toBe('');
  });

  test.each([
    ['off', ''],
    ['bell', '\u0007'],
    ['name', '\u001B]9;anna wrote\u001B\\'],
    ['text', '\u001B]9;anna: the cat is out, really\u001B\\'],
  ] as const)('notifies as --notify %s says while it does not have the focus', (notify, sequence) => {
    const attention = attentionTo({ notify });
    attention.onStroke(away, 0);
    expect(attention.onEvent(message, 0, 1)).toBe(sequence);
  });

  test('notifies once in 3 s, however much comes', () => {
    const attention = attentionTo({ way: 'bell' });
    attention.onStroke(away, 0);
    const told = Array.from({ length: 1000 }, (_, n) => attention.onEvent(message, 0, n * 10)).join('');
    expect(told).toBe('\u0007'.repeat(4));
  });

  test("notifies of the peer's coming and going, and not of our own actions", () => {
    const attention = attentionTo();
    attention.onStroke(away, 0);
    expect(attention.onEvent(event(connected), 0, 0)).toContain('anna is here');
    expect(attention.onEvent(event({ event: 'ended', reason: 'peer-left', exit: 0 }), 0, 5000)).toContain(
      'anna has left',
    );
    expect(attention.onEvent(event({ ...fromPeer('mine'), from: 'me' } as Happening), 0, 10_000)).toBe('');
    expect(attention.onEvent(event({ event: 'ended', reason: 'quit', exit: 0 }), 0, 20_000)).toBe('');
  });
});

describe('files', () => {
  test.each([
    ['bell', '\u0007', '\u0007'],
    ['name', '\u001B]9;anna offers a file\u001B\\', '\u001B]9;a file from anna is here\u001B\\'],
    [
      'text',
      '\u001B]9;anna offers r1 photo.jpg (12 MB)\u001B\\',
      '\u001B]9;received r1 photo.jpg (12 MB)\u001B\\',
    ],
  ] as const)('an offer and its end are told as --notify %s says', (notify, offered, done) => {
    const attention = attentionTo({ notify });
    attention.onStroke(away, 0);
    expect(attention.onEvent(event(photo), 0, 0)).toBe(offered);
    expect(attention.onEvent(event(accepted(photo)), 0, 5000)).toBe('');
    expect(attention.onEvent(event(progress(photo, 5)), 0, 10_000)).toBe('');
    expect(attention.onEvent(event({ ...photo, state: 'done' }), 0, 15_000)).toBe(done);
  });

  test('received ones are counted in the title, and our own offers are not', () => {
    const attention = attentionTo({ hasTitle: true, notify: 'off' });
    attention.onStroke(away, 0);
    expect(attention.onEvent(event(album), 0, 0)).toBe('');
    expect(attention.onEvent(event(photo), 0, 1)).toBe(title('Punchline: anna (1)'));
  });
});

function silent(): Attention {
  const attention = new Attention({ notify: 'text', way: 'osc 9', hasTitle: false, startedAtMs: 0 });
  attention.onStroke({ reply: '\u001B[?1004;0$y' }, 0);
  return attention;
}

describe('a terminal that does not report its focus', () => {
  test('gets only the bell', () => {
    expect(silent().onEvent(message, 0, 100_000)).toBe('\u0007');
  });

  test('counts as looked at for 10 s after the start and after each key', () => {
    const attention = silent();
    expect(attention.onEvent(message, 0, 9999)).toBe('');
    attention.onStroke({ text: 'a' }, 20_000);
    expect(attention.onEvent(message, 0, 29_999)).toBe('');
    expect(attention.onEvent(message, 0, 30_000)).toBe('\u0007');
  });
});

describe('the title', () => {
  test('names the peer, and counts unseen messages', () => {
    const attention = attentionTo({ hasTitle: true, notify: 'off' });
    expect(attention.titleAgain()).toBe(title('Punchline: anna'));
    expect(attention.onEvent(message, 0, 0)).toBe('');
    attention.onStroke(away, 1);
    expect(attention.onEvent(message, 0, 2)).toBe(title('Punchline: anna (1)'));
    expect(attention.onEvent(message, 0, 3)).toBe(title('Punchline: anna (2)'));
    expect(attention.onStroke(back, 4)).toBe(title('Punchline: anna'));
    expect(attention.onEvent(event({ event: 'renamed', name: 'eve\u0007\u001B]0;x' }), 0, 5)).toBe(
      title('Punchline: "eve␇␛]0;x"'),
    );
  });

  test('is changed at most a hundred times by a flood', () => {
    const attention = attentionTo({ hasTitle: true, notify: 'off' });
    attention.onStroke(away, 0);
    const titles = Array.from({ length: 10_000 }, (_, n) => attention.onEvent(message, 0, n)).filter(Boolean);
    expect(titles).toHaveLength(99);
  });
});
