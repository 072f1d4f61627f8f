import { usageError } from '../errors.ts';
import { type Code, formatCode, isCodeWord, readCode } from './code.ts';
import { parseServer, serverText } from '../network/endpoint.ts';
import { withoutEdges } from '../text/typed-text.ts';
import { inviteText } from './pasted-line.ts';
import { formatPlace, placesOf, type PlaceAddress, type PlaceAddresses } from './place-address.ts';

/** One person passes it on to the other: the code, and the place where the two can meet. */
export interface Invite {
  readonly code: Code;
  /** Absent if the invite names none; then the place comes from an option, the environment or the config file. */
  readonly server?: PlaceAddresses;
}

const form =
  'An invite is CODE[@HOST[:PORT]], for example 7-velvet-orbit@example.org; an IPv6 address stands in brackets: 7-velvet-orbit@[2001:db8::1].';

/** Ends a sentence or a bracket, and no place. An IPv6 address ends with `]`, and `:` is a port that is missing. */
function punctuation(): RegExp {
  return /[\s"'`\u00B4\p{Pi}\p{Pf}<>(){}*~|.,;!?\u2026\u3001\u3002\uFF61\u060C\u300D\u300F]/u;
}

/**
 * Reads `CODE[@HOST[:PORT]]` as people type and paste it: a code as parseCode()
 * reads it, a whole line `punchline chat CODE@HOST`, with quotes and punctuation.
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
  return { code, server: readPlace(typed.slice(at + 1)) };
}

/** A line that was pasted may have options. They are not obeyed, because somebody else has written them. */
function isOption(word: string): boolean {
  return /^(?:--[a-z]|-[a-z]$)/iu.test(word) && !isCodeWord(word.replace(/^--/u, ''));
}

function space(): RegExp {
  return / /;
}

function readPlace(text: string): PlaceAddress {
  const place = withoutPunctuationBehind(text);
  if (place === '') {
    throw usageError('the invite has no server after the @', form);
  }
  const server = serverText(place);
  const count = server.split(' ').length;
  if (count > 1) {
    // They may be words of a code.
    throw usageError(`the invite has ${count} words after the @, not one place`, form);
  }
  refuseCode(server);
  return parseServer(server);
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

/**
 * Throws ERR_USAGE if a code stands where a rendezvous is meant. Otherwise
 * errors would show the code, and a name server would be asked for it.
 */
export function refuseCode(text: string): void {
  if (holdsCode(text)) {
    throw usageError(
      'a code stands where a rendezvous is meant',
      'A rendezvous is HOST[:PORT]; a code stands by itself: punchline chat CODE@HOST.',
    );
  }
}

/** Whether a code stands here, with or without a place behind it. */
function holdsCode(text: string): boolean {
  try {
    readCode(inviteText(text, 'invite').replace(/@.*/s, ''));
    return true;
  } catch {
    return false;
  }
}

/** `7-velvet-orbit@example.org`. The port is left out if it is 8877. Several places stand with commas between them. */
export function formatInvite({ code, server = [] }: Invite): string {
  const places = placesOf(server).map(formatPlace);
  return places.length === 0 ? formatCode(code) : `${formatCode(code)}@${places.join(',')}`;
}
