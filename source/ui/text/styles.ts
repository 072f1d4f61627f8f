import type { TextProps } from 'ink';
import type { Theme } from '../settings/screen-settings.ts';

/**
 * The dark theme uses the terminal's sixteen colours, which its own scheme
 * makes readable. The light theme uses colours that are dark enough on white
 * (contrast 4.5:1 and more). The plain theme has no colours, but keeps bold and
 * inverse: NO_COLOR asks for no colour, not for no emphasis (no-color.org). No
 * meaning depends on colour alone.
 */
const colours = {
  dark: { accent: 'cyan', peer: 'magenta', good: 'green', bad: 'red', alarm: 'yellow' },
  light: { accent: '#005f87', peer: '#870087', good: '#006f00', bad: '#af0000', alarm: '#af0000' },
  plain: {},
} as const satisfies Record<Theme, Partial<Record<string, string>>>;

function createStyles(theme: Theme) {
  const palette: Partial<Record<keyof typeof colours.dark, string>> = colours[theme];
  function coloured(name: keyof typeof palette, style: TextProps = {}): TextProps {
    const color = palette[name];
    return color === undefined ? style : { ...style, color };
  }
  return {
    strong: { bold: true },
    dim: { dimColor: true },
    accent: coloured('accent'),
    me: coloured('accent', { bold: true }),
    peer: coloured('peer', { bold: true }),
    link: { underline: true },
    found: { inverse: true },
    good: coloured('good'),
    bad: coloured('bad', { bold: true }),
    /** Must stand out with and without colour. */
    alarm: coloured('alarm', { bold: true, inverse: true }),
    /** For a picture that a camera reads: black on white on any background, even in the plain theme. */
    picture: { color: '#000000', backgroundColor: '#ffffff' },
  } as const satisfies Record<string, TextProps>;
}

/** The look of each style in one theme, as properties of Ink's Text. */
export type Styles = ReturnType<typeof createStyles>;
export type StyleName = keyof Styles;

const made = new Map<Theme, Styles>();

/** The styles of a theme. They are made once. */
export function stylesOf(theme: Theme): Styles {
  const styles = made.get(theme) ?? createStyles(theme);
  made.set(theme, styles);
  return styles;
}
