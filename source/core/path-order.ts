import type { Path } from '../events.ts';

const worth: Readonly<Record<Path, number>> = { lan: 2, direct: 1, relay: 0 };

/** Whether a session on a path `than` gains by a channel on `path`: what is as good is not worth a move. */
export const isBetterPath = (path: Path, than: Path): boolean => worth[path] > worth[than];
