import { usageError } from '../../errors.ts';
import { quote } from '../../text/safe-text.ts';

/** How much one side dials in a spray, and the most that it may. connect/punch/plan says why. */
export interface SpraySize {
  readonly dials: number;
  readonly sockets: number;
}

const most: SpraySize = { dials: 1024, sockets: 256 };

/** Reads `DIALSxSOCKETS`. Throws ERR_USAGE, which names the value and its bounds. */
export function readSpraySize(text: string | undefined): SpraySize {
  if (text === undefined) {
    return most;
  }
  const [, dials = '', sockets = ''] = /^(\d{1,4})[x\u00D7](\d{1,3})$/.exec(text) ?? [];
  const size = { dials: Number(dials), sockets: Number(sockets) };
  if (isWithin(size.dials, most.dials) && isWithin(size.sockets, most.sockets)) {
    return size;
  }
  throw usageError(
    `--spray ${quote(text)} is not DIALSxSOCKETS, with 1 to ${most.dials} dials and 1 to ${most.sockets} sockets`,
    'For example --spray 1024x64, on both sides.',
  );
}

function isWithin(value: number, max: number): boolean {
  return value >= 1 && value <= max;
}
