import { describe, expect, test } from 'vitest';
import { screenSettings, whyLines } from '../../../source/ui/settings/screen-settings.ts';

const utf8 = { TERM: 'xterm-256color', LANG: 'de_DE.UTF-8' };

describe('screenSettings', () => {
  test('have these defaults', () => {
    expect(screenSettings({}, utf8, {})).toEqual({
      theme: 'dark',
      notify: 'name',
      mouse: true,
      altScreen: true,
      reducedMotion: false,
      ascii: false,
    });
  });

  test('an option wins over the config file', () => {
    const config = {
      theme: 'light',
      notify: 'off',
      mouse: false,
      'alt-screen': false,
      'reduced-motion': true,
    } as const;
    expect(screenSettings({}, utf8, config)).toEqual({
      theme: 'light',
      notify: 'off',
      mouse: false,
      altScreen: false,
      reducedMotion: true,
      ascii: false,
    });
    const args = {
      theme: 'dark',
      notify: 'text',
      mouse: true,
      altScreen: true,
      reducedMotion: false,
    } as const;
    expect(screenSettings(args, utf8, config)).toEqual({ ...args, ascii: false });
  });

  test.each([
    ['NO_COLOR takes the colours', { NO_COLOR: '1' }, 'plain'],
    ['an empty NO_COLOR does not', { NO_COLOR: '' }, 'dark'],
    ['FORCE_COLOR wins over it', { NO_COLOR: '1', FORCE_COLOR: '1' }, 'dark'],
    ['FORCE_COLOR=0 takes them too', { FORCE_COLOR: '0' }, 'plain'],
    ['a light background', { COLORFGBG: '0;15' }, 'light'],
    ['a light background, as rxvt says it', { COLORFGBG: '0;default;7' }, 'light'],
    ['a dark background', { COLORFGBG: '15;0' }, 'dark'],
    ['no colours on any background', { COLORFGBG: '0;15', NO_COLOR: '1' }, 'plain'],
  ])('%s', (_, environment, theme) => {
    expect(screenSettings({}, environment, {}).theme).toBe(theme);
    expect(screenSettings({ theme: 'light' }, environment, {}).theme).toBe('light');
    expect(screenSettings({}, environment, { theme: 'light' }).theme).toBe('light');
  });

  test.each([
    [{ LANG: 'C' }, true],
    [{ LANG: 'C.UTF-8' }, false],
    [{ LANG: 'C.UTF-8', LC_ALL: 'POSIX' }, true],
    [{ LANG: 'C', LC_CTYPE: 'en_GB.utf8' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, true],
    [{}, false],
    [{ TERM: 'linux', LANG: 'C.UTF-8' }, true],
  ])('with %o, only ASCII: %s', (environment, ascii) => {
    expect(screenSettings({}, environment, {}).ascii).toBe(ascii);
  });
});

describe('whyLines', () => {
  test.each([
    [{}, utf8, {}, undefined],
    [{ screenReader: true }, utf8, {}, 'screen-reader'],
    [{}, { ...utf8, INK_SCREEN_READER: 'true' }, {}, 'screen-reader'],
    [{}, { ...utf8, ACCESSIBLE: '1' }, {}, 'screen-reader'],
    [{}, { ...utf8, ACCESSIBLE: '0' }, {}, undefined],
    [{}, { ...utf8, ACCESSIBLE: '' }, {}, undefined],
    [{}, utf8, { 'screen-reader': true }, 'screen-reader'],
    [{ screenReader: false }, { ...utf8, ACCESSIBLE: '1' }, { 'screen-reader': true }, undefined],
    [{}, { TERM: 'dumb' }, {}, 'dumb'],
    [{}, { TERM: '' }, {}, 'dumb'],
    [{}, {}, {}, 'dumb'],
    [{}, { TERM: 'linux' }, {}, undefined],
  ])('options %o, environment %o, config %o: %s', (args, environment, config, why) => {
    expect(whyLines(args, environment, config, 'linux')).toBe(why);
  });

  test('a console of Windows without TERM is not dumb', () => {
    expect(whyLines({}, {}, {}, 'win32')).toBeUndefined();
  });
});
