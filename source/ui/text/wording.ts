/**
 * The sentences about events, the same for the screen and for lines of text.
 * They are not safe for a terminal yet: use safeText() before showing one.
 */
import type { ConnectedEvent, InviteEvent, PlaceKind, RefusedEvent } from '../../events.ts';

/** `41 ms`, `2.1 s`, `48 s`, `12 min`. */
export function durationText(ms: number): string {
  if (ms < 999.5) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 9950) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  return ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** A failure and its hint, as sentences in one line. */
export function failureText({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint?: string | undefined;
}): string {
  const said = /[.!?]$/.test(message) ? message : `${message}.`;
  return [said, hint].filter(Boolean).join(' ');
}

export const notUtf8 =
  'The terminal does not send UTF-8: letters beyond ASCII come as �. Set its encoding, or your locale, to UTF-8.';

/** `1 message`, `2 messages`. */
export function countText(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

/**
 * The command that the friend types. It is quoted if needed: a shell would take
 * the brackets of an IPv6 address for a pattern.
 */
export function inviteCommand(
  invite: string,
  command: InviteCommand = 'chat',
  words: string = command === 'send' ? 'send PATH' : command,
): string {
  return `punchline ${words} ${/^[\w.@:-]+$/.test(invite) ? invite : `'${invite}'`}`;
}

/** The commands that take an invite. */
export type InviteCommand = 'chat' | 'pipe' | 'send' | 'receive' | 'forward';

/** What kind of place it is, in one word. */
export const placeNouns: Record<PlaceKind, string> = {
  rendezvous: 'rendezvous',
  mailbox: 'mailbox',
  here: 'place',
  local: 'host',
};

/** What kind of place it is, in a sentence. */
export const placeWords: Record<PlaceKind, string> = {
  rendezvous: 'the rendezvous',
  mailbox: 'the mailbox server',
  here: 'this machine',
  local: 'the host',
};

/** The place where the two meet, in a sentence. `server` is what the event says, or undefined before the first one. */
export function placeText({ place, server = '' }: PlaceInText): string {
  return place === 'here' ? placeWords.here : `${placeWords[place]} ${server}`;
}

/** With a capital, as a sentence begins. */
export function asSentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** What is done at first, without a capital. */
export function connectingText(where: PlaceInText): string {
  switch (where.place) {
    case 'here':
      return 'opening a port of this machine for your friend';
    case 'local':
      return 'looking for your friend on the local network';
    case 'rendezvous':
    case 'mailbox':
      return `connecting to ${placeText(where)}${where.proxy === undefined ? '' : ` through the proxy ${where.proxy}`}`;
  }
}

interface PlaceInText {
  readonly place: PlaceKind;
  readonly server?: string | undefined;
  /** The proxy that leads there. */
  readonly proxy?: string | undefined;
}

/** This machine is the place, and its invite comes again. */
export const movedText =
  'The addresses of this machine have changed: what you have passed on does not lead here any more.';

/** What the user should know when the invite is passed on, each a sentence. */
export function inviteNotes({ reach, hint }: Pick<InviteEvent, 'reach' | 'hint'>): readonly string[] {
  return [
    ...(reach === 'local network'
      ? ['Only your local network reaches this machine, so your friend has to be in it.']
      : []),
    ...(hint === undefined ? [] : [`${hint}.`]),
  ];
}

/** The classic protocol has no code, so it has no key to encrypt with. */
export function isEncrypted(connected: Pick<ConnectedEvent, 'cipher'>): boolean {
  return connected.cipher !== 'none';
}

/** The other side has nothing of what was said before. */
export const restartedText = 'the peer was started anew';

/** Above messages that came with `again`. */
export const againText = 'sent again, so you may have seen it before:';

/** The sentence about offers that were declined automatically. */
export function refusedText({ offers, reason }: RefusedEvent): string {
  return `declined ${countText(offers, 'more offer')}${reason === '' ? '' : `: ${reason}`}`;
}

/** Why the chat does not go where the user has sent it. */
export function byHttpsText(unreachedPort: number): string {
  return `port ${unreachedPort} cannot be reached; this chat goes by https`;
}

/** What the operator of the place says to all users. */
export function motdText({ server, motd = '' }: { readonly server: string; readonly motd?: string }): string {
  return `${server} says to all: ${motd}`;
}
