import process from 'node:process';
import type { TextProps } from 'ink';

/**
 * NO_COLOR asks for no colour, not for no emphasis (no-color.org), so bold and
 * inverse stay. Ink itself does not read it. Nothing depends on colour alone.
 */
const hasColour = (process.env['NO_COLOR'] ?? '') === '';

function coloured(color: string, style: TextProps = {}): TextProps {
  return hasColour ? { ...style, color } : style;
}

export const styles = {
  strong: { bold: true },
  dim: { dimColor: true },
  accent: coloured('cyan'),
  me: coloured('cyan', { bold: true }),
  peer: coloured('magenta', { bold: true }),
  link: { underline: true },
  found: { inverse: true },
  good: coloured('green'),
  bad: coloured('red', { bold: true }),
  /** To be seen by everybody, with or without colour. */
  alarm: coloured('yellow', { bold: true, inverse: true }),
} as const satisfies Record<string, TextProps>;

export type StyleName = keyof typeof styles;
