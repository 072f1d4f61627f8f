import { describe, expect, test } from 'vitest';
import { notificationSequence, notificationWay } from '../../../source/ui/screen/attention.ts';
import { widthOf } from '../../../source/ui/text/text-layout.ts';

describe('notificationWay', () => {
  test.each([
    [{}, 'bell'],
    [{ TERM: 'xterm-256color' }, 'bell'],
    [{ TERM: 'linux' }, 'bell'],
    [{ TERM_PROGRAM: 'Apple_Terminal' }, 'bell'],
    [{ TERM_PROGRAM: 'vscode' }, 'bell'],
    [{ TERM_PROGRAM: 'iTerm.app' }, 'osc 9'],
    [{ TERM_PROGRAM: 'WezTerm' }, 'osc 777'],
    [{ TERM_PROGRAM: 'ghostty' }, 'osc 777'],
    [{ TERM: 'foot-extra' }, 'osc 777'],
    [{ TERM: 'xterm-kitty' }, 'osc 99'],
    [{ TERM: 'xterm-256color', KITTY_WINDOW_ID: '1' }, 'osc 99'],
    [{ TERM: 'xterm-256color', VTE_VERSION: '7600' }, 'bell and osc 777'],
    [{ TERM: 'rxvt-unicode-256color' }, 'bell and osc 777'],
  ])('%o has %s', (environment, way) => {
    expect(notificationWay(environment)).toBe(way);
  });

  test.each([
    { TMUX: '/tmp/tmux-0/default,1,0' },
    { STY: '1.pts' },
    { ZELLIJ: '0' },
    { TERM: 'tmux-256color' },
  ])('in a multiplexer, %o, there is only the bell, in any terminal', (multiplexer) => {
    const around = { TERM: 'xterm-kitty', KITTY_WINDOW_ID: '1', TERM_PROGRAM: 'iTerm.app' };
    expect(notificationWay({ ...around, ...multiplexer })).toBe('bell');
  });
});

describe('notificationSequence', () => {
  test.each([
    ['bell', '\u0007'],
    ['osc 9', '\u001B]9;anna: hi\u001B\\'],
    ['osc 777', '\u001B]777;notify;Punchline;anna: hi\u001B\\'],
    ['bell and osc 777', '\u001B]777;notify;Punchline;anna: hi\u001B\\\u0007'],
    [
      'osc 99',
      '\u001B]99;i=punchline:d=0:o=unfocused;Punchline\u001B\\\u001B]99;i=punchline:d=1:p=body;anna: hi\u001B\\',
    ],
  ] as const)('%s', (way, sequence) => {
    expect(notificationSequence(way, 'anna: hi')).toBe(sequence);
  });

  test.each(['osc 9', 'osc 777', 'osc 99'] as const)('%s: no text leaves its field', (way) => {
    const evil = '4;1;50\u0007\u001B\\\u001B]52;c;AAAA\u0007\u009C\u202E\n;p=icon;';
    const body =
      notificationSequence(way, evil)
        .split(/body;|Punchline;|\]9;/)
        .at(-1) ?? '';
    expect(body).toBe('4,1,50␇␛\\␛]52,c,AAAA␇⟨U+009C⟩⟨U+202E⟩ ,p=icon,\u001B\\');
  });

  test('a long text is cut off at 180 columns', () => {
    const sequence = notificationSequence('osc 9', '日本'.repeat(50_000));
    expect(widthOf(sequence.slice(4, -2))).toBeLessThanOrEqual(180);
    expect(sequence).toContain('…');
  });
});
