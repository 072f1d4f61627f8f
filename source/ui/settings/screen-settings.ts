/**
 * How the screen looks and behaves. The settings come from options, the config
 * file and the environment, which describes the terminal.
 */
export const themes = ['dark', 'light', 'plain'] as const;
/** For a dark or a light background. `plain` has no colours. */
export type Theme = (typeof themes)[number];

export const notifyLevels = ['off', 'bell', 'name', 'text'] as const;
/**
 * How the user is told of a message while not looking at the terminal: not at
 * all, by the bell, or by a notification that shows the sender's name, or the
 * text as well.
 */
export type Notify = (typeof notifyLevels)[number];

/** Settings from the command line. */
export interface ScreenArguments {
  readonly theme?: Theme | undefined;
  readonly notify?: Notify | undefined;
  readonly mouse?: boolean | undefined;
  readonly altScreen?: boolean | undefined;
  readonly reducedMotion?: boolean | undefined;
  readonly screenReader?: boolean | undefined;
}

/** The screen's settings in the config file, named like the options. */
export interface ScreenConfig {
  readonly theme?: Theme | undefined;
  readonly notify?: Notify | undefined;
  readonly mouse?: boolean | undefined;
  readonly 'alt-screen'?: boolean | undefined;
  readonly 'reduced-motion'?: boolean | undefined;
  readonly 'screen-reader'?: boolean | undefined;
}

/** Environment variables. They are passed in, because files here do not read the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ScreenSettings {
  readonly theme: Theme;
  readonly notify: Notify;
  /** Whether the wheel scrolls the transcript. If so, the terminal selects text only with Shift. */
  readonly mouse: boolean;
  /** Whether to use the terminal's alternate screen, whose content is gone at the end. */
  readonly altScreen: boolean;
  readonly reducedMotion: boolean;
  /** Whether marks beyond ASCII are replaced by ASCII characters. */
  readonly ascii: boolean;
}

export function screenSettings(
  args: ScreenArguments,
  environment: Environment,
  config: ScreenConfig,
): ScreenSettings {
  return {
    theme: args.theme ?? config.theme ?? themeOf(environment),
    // By default a notification does not show the text of a message: other people may see a shared or a locked
    // screen.
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

/**
 * FORCE_COLOR wins over NO_COLOR, as in Node. COLORFGBG (rxvt, Konsole and
 * others) ends with the number of the background colour.
 */
function themeOf(environment: Environment): Theme {
  const { FORCE_COLOR: force, NO_COLOR: none, COLORFGBG: colours = '' } = environment;
  const isForced = isSet(force) && force !== '0' && force !== 'false';
  if (!isForced && (isSet(none) || isSet(force))) {
    return 'plain';
  }
  return /;(?:7|15)$/.test(colours) ? 'light' : 'dark';
}

/**
 * Whether marks beyond ASCII can be shown. The Linux console has at most 512
 * characters; a locale that is set but not UTF-8 may have fewer.
 */
function hasMarks({ TERM: term, LC_ALL: all, LC_CTYPE: type, LANG: lang }: Environment): boolean {
  const locale = [all, type, lang].find(isSet);
  return term !== 'linux' && (locale === undefined || /utf-?8/i.test(locale));
}

/**
 * Why a terminal gets lines of text instead of a screen: `screen-reader` if the
 * user listens to it, `dumb` if the terminal cannot move its cursor. Undefined
 * if it gets the screen.
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
  // The console of Windows sets no TERM, but can move its cursor.
  return term === 'dumb' || (!isSet(term) && platform !== 'win32') ? 'dumb' : undefined;
}
