import { usageError } from '../../errors.ts';
import { ownClass, type OwnClass } from '../../workshop/class/class-folder.ts';

/** The class of this teacher. Throws ERR_USAGE if there is none. */
export function teachersClass(): OwnClass {
  const own = ownClass();
  if (own === undefined) {
    throw usageError('you have no class', 'Make one: punchline workshop class /srv/class');
  }
  if (!own.isTeacher) {
    throw usageError(
      'you are a learner of this class, and only its teacher can do that',
      'How far you are: punchline workshop list',
    );
  }
  return own;
}
