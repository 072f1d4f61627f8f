/** Whether a text can be the name of a friend. The command line asks it before the first frame, so it needs little code. */
import { safeText } from '../text/safe-text.ts';

/** No name in any form has more UTF-16 units than this. The rest of a longer text is not looked at. */
export const MAX_TYPED_LENGTH = 1000;

/** Invisible letters and marks belong to no name. */
function shape(): RegExp {
  return /^[\p{L}--\p{DI}][[\p{L}\p{M}\p{Nd}\-_.]--\p{DI}]{0,39}$/v;
}

/** Whether it can be a name on the disk: in its one form (NFC), and shown as it is. Names of commands can. */
export function isFriendName(text: string): boolean {
  return (
    text.length <= MAX_TYPED_LENGTH &&
    text.normalize('NFC') === text &&
    shape().test(text) &&
    safeText(text) === text
  );
}
