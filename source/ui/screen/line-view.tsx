import process from 'node:process';
import { Box, Text, Transform, useAnimation } from 'ink';
import { createContext, memo, use } from 'react';
import type { Line, Piece } from '../text/line.ts';
import { LookContext } from './look.ts';
import { stylesOf } from '../text/styles.ts';
import { asciiMarks } from '../text/ascii-marks.ts';

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const asciiFrames = '|/-\\';

/** Fast enough for a smooth spinner. Each step draws the whole screen, so it must not be faster. */
const FRAME_MS = 125;

/**
 * Whether links are written (OSC 8). Terminals without links ignore the
 * sequence, but the Linux console and dumb ones print it.
 */
const hasLinks = !['dumb', 'linux'].includes(process.env['TERM'] ?? '');
const endOfLink = '\u001B]8;;\u001B\\';

function isSameLine({ line: one }: LineProps, { line: other }: LineProps): boolean {
  return (
    one === other ||
    (one.length === other.length && one.every((piece, index) => isSamePiece(piece, other[index] ?? piece)))
  );
}

function isSamePiece(one: Piece, other: Piece): boolean {
  return 'spinner' in one || 'spinner' in other
    ? 'spinner' in one && 'spinner' in other
    : one.text === other.text &&
        one.style === other.style &&
        one.link?.href === other.link?.href &&
        one.link?.id === other.link?.id;
}

interface LineProps {
  readonly line: Line;
}

/**
 * One row, drawn again only if it has changed. A line that is too long is cut
 * off, not wrapped, so that the rows below keep their place.
 */
export const LineView = memo(function LineView({ line }: LineProps): React.JSX.Element {
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate-end">
        {line.length === 0
          ? ' '
          : line.map((piece, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- a piece has no identity but its place
              <PieceView key={index} piece={piece} />
            ))}
      </Text>
    </Box>
  );
}, isSameLine);

function PieceView({ piece }: { readonly piece: Piece }): React.JSX.Element {
  const { theme, ascii } = use(LookContext);
  if ('spinner' in piece) {
    return <Spinner />;
  }
  const style = piece.style === undefined ? {} : stylesOf(theme)[piece.style];
  const isDrawn = ascii && piece.style !== 'picture';
  const text = <Text {...style}>{isDrawn ? asciiMarks(piece.text) : piece.text}</Text>;
  const { link } = piece;
  return link === undefined || !hasLinks ? (
    text
  ) : (
    <Transform transform={(shown) => `\u001B]8;id=${link.id};${link.href}\u001B\\${shown}${endOfLink}`}>
      {text}
    </Transform>
  );
}

const SpinnerFrame = createContext(0);

interface SpinnerClockProps {
  readonly isActive: boolean;
  readonly children: React.ReactNode;
}

/**
 * One clock for all spinners below it, so that they turn together. It does not
 * run if there is no spinner, or with reduced motion.
 */
export function SpinnerClock({ isActive, children }: SpinnerClockProps): React.JSX.Element {
  const { reducedMotion } = use(LookContext);
  const { frame } = useAnimation({ interval: FRAME_MS, isActive: isActive && !reducedMotion });
  return <SpinnerFrame value={frame}>{children}</SpinnerFrame>;
}

function Spinner(): React.JSX.Element {
  const frame = use(SpinnerFrame);
  const { theme, ascii, reducedMotion } = use(LookContext);
  const cycle = reducedMotion ? (ascii ? '*' : '●') : ascii ? asciiFrames : frames;
  return <Text {...stylesOf(theme).accent}>{cycle[frame % cycle.length]}</Text>;
}
