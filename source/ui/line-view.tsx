import { Box, Text, useAnimation } from 'ink';
import type { Line, Piece } from './line.ts';
import { styles } from './styles.ts';

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** Fast enough to look alive; each frame costs a draw of the whole screen. */
const frameMs = 100;

/** One row. A line that is too long is cut off, never wrapped: the rows below keep their place. */
export function LineView({ line }: { readonly line: Line }): React.JSX.Element {
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
}

function PieceView({ piece }: { readonly piece: Piece }): React.JSX.Element {
  if ('spinner' in piece) {
    return <Spinner />;
  }
  return <Text {...(piece.style === undefined ? {} : styles[piece.style])}>{piece.text}</Text>;
}

/** All spinners share one clock, which runs only while there is one. */
function Spinner(): React.JSX.Element {
  useAnimation({ interval: frameMs });
  // From the time, not from when this one appeared: all turn as one.
  const frame = Math.floor(performance.now() / frameMs);
  return <Text {...styles.accent}>{frames[frame % frames.length]}</Text>;
}
