import { usageError } from '../errors.ts';
import { type Code, formatCode, isCodeWord, readCode } from './code.ts';
import { withoutEdges } from '../text/typed-text.ts';
import { inviteText } from './pasted-line.ts';
import { formatPlace, parsePlaces, placesOf, splitPlaces, type PlaceAddresses } from './place-address.ts';

/** One person passes it on to the other: the code, and the place where the two can meet. */
export interface Invite {
  readonly code: Code;
  /** Absent if the invite names none; then the place comes from an option, the environment or the config file. */
  readonly server?: PlaceAddresses;
}

const form =
  'An invite is CODE[@PLACE[,PLACE]], for example 7-velvet-orbit@example.org; an IPv6 address stands in brackets: 7-velvet-orbit@[2001:db8::1].';

/** Ends a sentence or a bracket, and no place. An IPv6 address ends with `]`, and `:` is a port that is missing. */
function punctuation(): RegExp {
  return /[\s"'`\u00B4\p{Pi}\p{Pf}<>(){}*~|.,;!?\u2026\u3001\u3002\uFF61\u060C\u300D\u300F]/u;
}

/**
 * Reads `CODE[@PLACE[,PLACE]]` as people type and paste it: a code as parseCode()
 * reads it, places as parsePlaces() reads them, a whole line `punchline chat
 * CODE@PLACE`, with quotes and punctuation.
 * @throws PunchlineError ERR_USAGE
 */
export function parseInvite(text: string): Invite {
  const typed = inviteText(text, 'invite');
  if (typed === '') {
    throw usageError('the invite is empty', form);
  }
  if (typed.split(' ').some(isOption)) {
    throw usageError('an option stands in the text of the invite', `Only an invite is read here. ${form}`);
  }
  const at = typed.indexOf('@');
  if (at === -1) {
    return { code: readCode(typed) };
  }
  if (at === 0) {
    throw usageError('the invite has no code before the @', form);
  }
  const code = readCode(typed.slice(0, at));
  return { code, server: readPlaces(typed.slice(at + 1)) };
}

/** A line that was pasted may have options. They are not obeyed, because somebody else has written them. */
function isOption(word: string): boolean {
  return /^(?:--[a-z]|-[a-z]$)/iu.test(word) && !isCodeWord(word.replace(/^--/u, ''));
}

function space(): RegExp {
  return / /;
}

function readPlaces(text: string): PlaceAddresses {
  const places = withoutPunctuationBehind(text);
  if (places === '') {
    throw usageError('the invite has no server after the @', form);
  }
  const parts = splitPlaces(places);
  const count = parts.join(' ').split(' ').length;
  if (count > Math.max(parts.length, 1)) {
    // They may be words of a code.
    throw usageError(
      `the invite has ${count} words after the @, not ${parts.length === 1 ? 'one place' : `${parts.length} places`}`,
      form,
    );
  }
  return parsePlaces(places);
}

function withoutPunctuationBehind(text: string): string {
  let place = withoutEdges(text, space, punctuation);
  // A bracket that closes nothing does not belong to an IPv6 address.
  let spare = place.split(']').length - place.split('[').length;
  while (spare > 0 && place.endsWith(']')) {
    spare -= 1;
    place = withoutEdges(place.slice(0, -1), space, punctuation);
  }
  return place;
}

/** `7-velvet-orbit@example.org`. The port is left out if it is 8877. Several places stand with commas between them. */
export function formatInvite({ code, server = [] }: Invite): string {
  const places = placesOf(server).map(formatPlace);
  return places.length === 0 ? formatCode(code) : `${formatCode(code)}@${places.join(',')}`;
}
