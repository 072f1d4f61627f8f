/** How the screen looks and behaves, from options, the config file and what the environment says of the terminal. */
export const themes = ['dark', 'light', 'plain'] as const;
/** For a dark or a light background; plain has no colours. */
export type Theme = (typeof themes)[number];

export const notifies = ['off', 'bell', 'name', 'text'] as const;
/** What tells of a message that nobody sees: nothing, the bell, a notification with the name, or also with the text. */
export type Notify = (typeof notifies)[number];

/** What was typed. */
export interface ScreenArguments {
  readonly theme?: Theme | undefined;
  readonly notify?: Notify | undefined;
  readonly mouse?: boolean | undefined;
  readonly altScreen?: boolean | undefined;
  readonly reducedMotion?: boolean | undefined;
  readonly screenReader?: boolean | undefined;
}

/** What the config file may say of the screen, under the names of the options. */
export interface ScreenConfig {
  readonly theme?: Theme | undefined;
  readonly notify?: Notify | undefined;
  readonly mouse?: boolean | undefined;
  readonly 'alt-screen'?: boolean | undefined;
  readonly 'reduced-motion'?: boolean | undefined;
  readonly 'screen-reader'?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ScreenSettings {
  readonly theme: Theme;
  readonly notify: Notify;
  /** Whether the wheel scrolls the transcript; then the terminal selects text with Shift only. */
  readonly mouse: boolean;
  /** Whether the screen is one of its own, gone at the end. */
  readonly altScreen: boolean;
  readonly reducedMotion: boolean;
  /** Whether marks beyond ASCII are replaced. */
  readonly ascii: boolean;
}

export function screenSettings(
  args: ScreenArguments,
  environment: Environment,
  config: ScreenConfig,
): ScreenSettings {
  return {
    theme: args.theme ?? config.theme ?? themeOf(environment),
    // The text of a message is nobody else's: on a screen that is shared, or locked, it would be.
    notify: args.notify ?? config.notify ?? 'name',
    mouse: args.mouse ?? config.mouse ?? true,
    altScreen: args.altScreen ?? config['alt-screen'] ?? true,
    reducedMotion: args.reducedMotion ?? config['reduced-motion'] ?? false,
    ascii: !hasMarks(environment),
  };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/** FORCE_COLOR wins over NO_COLOR, as in Node. COLORFGBG (rxvt, Konsole and others) ends with the background's colour. */
function themeOf(environment: Environment): Theme {
  const { FORCE_COLOR: force, NO_COLOR: none, COLORFGBG: colours = '' } = environment;
  const isForced = isSet(force) && force !== '0' && force !== 'false';
  if (!isForced && (isSet(none) || isSet(force))) {
    return 'plain';
  }
  return /;(?:7|15)$/.test(colours) ? 'light' : 'dark';
}

/** The Linux console draws 512 characters at most; a locale that is named and is not UTF-8 promises less. */
function hasMarks({ TERM: term, LC_ALL: all, LC_CTYPE: type, LANG: lang }: Environment): boolean {
  const locale = [all, type, lang].find(isSet);
  return term !== 'linux' && (locale === undefined || /utf-?8/i.test(locale));
}

/**
 * Why a terminal gets lines of text instead of a screen: `screen-reader` where
 * somebody listens to it, `dumb` where it cannot move its cursor; undefined
 * where it gets the screen.
 */
export function whyLines(
  args: ScreenArguments,
  environment: Environment,
  config: ScreenConfig,
  platform: string,
): 'screen-reader' | 'dumb' | undefined {
  const { INK_SCREEN_READER: ink, ACCESSIBLE: accessible, TERM: term } = environment;
  const isAskedFor = ink === 'true' || (isSet(accessible) && accessible !== '0');
  if (args.screenReader ?? (isAskedFor || config['screen-reader'] === true)) {
    return 'screen-reader';
  }
  // The console of Windows has no TERM, and is not dumb.
  return term === 'dumb' || (!isSet(term) && platform !== 'win32') ? 'dumb' : undefined;
}
