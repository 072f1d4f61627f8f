import { usageError } from '../../errors.ts';
import type { Family } from '../../events.ts';
import { addressClass } from '../../network/address.ts';
import type { Server } from '../../network/endpoint.ts';
import { proxyFor, type Proxies } from '../../network/proxy/proxy.ts';
import type { Code } from '../../protocol/code.ts';
import { FIRST_OWN_NUMBER } from '../../protocol/rendezvous-messages.ts';
import {
  formatPlace,
  isAtHttps,
  isMailbox,
  placesOf,
  serverAt,
  type MailboxAddress,
  type PlaceAddress,
  type PlaceAddresses,
} from '../../protocol/place-address.ts';
import { type Invite, parseInvite } from '../../protocol/invite.ts';
import { namedServer } from './named-server.ts';
import { isFriendName } from '../../friends/friend-form.ts';
import type { FriendKey } from '../../connect/connect-options.ts';
import type { Config } from './config.ts';
import type { RelayWish } from '../../protocol/relay-wish.ts';
import { chatOptions } from '../options/chat-options.ts';
import type { Typed, Values } from '../options/option.ts';
import { readStunServer, readTransitRelay } from './helping-servers.ts';
import { readOptions } from '../options/read-options.ts';
import { readSpraySize, type SpraySize } from './spray-size.ts';

/** Stands for any port that is free. */
export const ANY_PORT = 0;

/** What was typed, as yargs hands it over: texts are still texts. */
export interface ChatArguments extends Typed<typeof chatOptions> {
  readonly invite?: string | undefined;
}

export interface ChatSettings {
  /** Undefined if nobody has named one, and with `here`. */
  readonly server: PlaceAddresses | undefined;
  /** The port of this machine at which the peer meets us, or 0 for any: there is no other place. */
  readonly here: number | undefined;
  /** Whether the peer is also looked for on the local network. */
  readonly local: boolean;
  readonly probePort: number | undefined;
  readonly code: Code | undefined;
  /** The friend to meet, as typed. */
  readonly friendName?: string | undefined;
  /** Once it is known: see cli/friends/met-friend.ts. */
  readonly friend?: FriendKey | undefined;
  /** Whether the place was named for this run, so that it wins over the one where the friend was met. */
  readonly hasNamedServer: boolean;
  /** Whether the conversation with a friend is kept. */
  readonly history: boolean;
  readonly name: string | undefined;
  readonly heartbeatMs: number | undefined;
  readonly classic: boolean;
  readonly attempts: number;
  readonly lan: boolean;
  /** Servers to use instead of the public ones, for a mailbox. */
  readonly stun: readonly Server[] | undefined;
  readonly transit: Server | undefined;
  /** What leads to the place. */
  readonly proxies: Proxies;
  /** Whether routers may be asked for a port. */
  readonly portMapping: boolean;
  readonly relay: RelayWish;
  readonly quiet: boolean;
  readonly family: Family | undefined;
  readonly waitMs: number | undefined;
  readonly giveUpMs: number;
  readonly freshPort: boolean;
  readonly spraySize: SpraySize;
  /** Whether the peer sees that the user is writing. */
  readonly typing: boolean;
  readonly report: boolean;
  readonly log: string | undefined;
  /** Files and folders to offer as soon as there is a peer. */
  readonly send: readonly string[];
  readonly acceptFiles: string | undefined;
  /** Whether accepted files keep hidden names. */
  readonly acceptHidden: boolean;
  readonly downloads: string | undefined;
  readonly face: 'screen' | 'plain' | 'json';
}

/** What a chat takes from its environment. */
export interface ChatEnvironment {
  /** PUNCHLINE_SERVER. */
  readonly server?: string | undefined;
  /** PUNCHLINE_CODE. */
  readonly code?: string | undefined;
  /** What `--proxy` and some variables name. See namedProxies(). */
  readonly proxies?: Proxies;
}

/**
 * Puts together the command line, the environment and the config file. An option
 * wins over the invite, the invite over a variable, a variable over the file.
 * Throws ERR_USAGE, which names the value and what is allowed.
 */
export function chatSettings(
  args: ChatArguments,
  environment: ChatEnvironment,
  config: Config,
  terminal: boolean,
): ChatSettings {
  forbid(args.json === true && args.plain === true, '--json and --plain exclude each other');
  forbid(args.json === true && args.screenReader === true, '--json and --screen-reader exclude each other');
  forbid(args[4] === true && args[6] === true, '-4 and -6 exclude each other');
  forbid(
    args.invite !== undefined && args.code !== undefined,
    'an INVITE and --code exclude each other: the invite is a code',
  );
  const classic = args.classic === true;
  if (classic) {
    forbidBesideClassic(args);
  }
  const given = readOptions(chatOptions, args);
  // A code may have a place behind it wherever it stands: people pass on the whole line.
  const { typed, friendName } = typedPeer(args, classic ? undefined : environment.code);
  const invite = typed === undefined ? undefined : parseInvite(typed);
  if (given.here !== undefined) {
    forbidBesideHere(args, invite);
  }
  const named =
    args.server === undefined && invite?.server !== undefined
      ? invite.server
      : namedServer(args.server, environment.server, config);
  const lan = given.lan !== false;
  const isKept = config.here === true && named === undefined && !classic && args.invite === undefined;
  // Nobody has said for this run where the peer is.
  const local =
    invite !== undefined &&
    invite.server === undefined &&
    args.server === undefined &&
    lan &&
    !isOnThisMachine(named);
  // Both sides run the same command line, so each waits for the other.
  const isLocalHost = local && named === undefined && invite.code.number >= FIRST_OWN_NUMBER;
  const here = given.here ?? (isKept || isLocalHost ? ANY_PORT : undefined);
  const server = here === undefined ? named : undefined;
  expectForwardable(here, args);
  return {
    server,
    here,
    local,
    probePort: given.probePort,
    code: invite?.code,
    friendName,
    hasNamedServer: args.server !== undefined,
    history: given.history === true,
    name: given.name ?? config.name,
    heartbeatMs: given.heartbeat,
    classic,
    attempts: given.attempts,
    lan,
    ...helpersOfPlace(given, server, environment.proxies ?? {}),
    // The old protocol takes the address that the server sees for that of the peer.
    proxies: classic ? {} : (environment.proxies ?? {}),
    // Without --here, nobody from outside is meant to come.
    portMapping: given.portMapping !== false && !(isLocalHost && given.here === undefined && !isKept),
    // A person who wants to see a punch fail wants no way around it.
    relay: given.relay ?? (given.freshPort === true ? 'never' : 'auto'),
    quiet: given.quiet === true,
    family: given[4] === true ? 4 : given[6] === true ? 6 : undefined,
    waitMs: given.wait,
    giveUpMs: given.giveUp,
    freshPort: given.freshPort === true,
    spraySize: readSpraySize(given.spray),
    typing: given.typing ?? config.typing ?? true,
    report: given.report ?? config.report ?? true,
    log: given.log,
    send: given.send,
    acceptFiles: given.acceptFiles,
    acceptHidden: given.acceptHidden === true,
    downloads: config.downloads,
    face: args.json === true ? 'json' : args.plain === true || !terminal ? 'plain' : 'screen',
  };
}

/** A code, or a friend. Throws ERR_USAGE. */
function typedPeer(
  { invite, code, history }: ChatArguments,
  environmentCode: string | undefined,
): { readonly typed?: string | undefined; readonly friendName?: string } {
  if (invite !== undefined && isFriendName(invite)) {
    return { friendName: invite };
  }
  forbid(
    history === true,
    '--history is for a conversation with a friend',
    'Name the friend, as in: punchline chat ada --history',
  );
  return { typed: invite ?? code ?? unlessEmpty(environmentCode) };
}

function forbidBesideClassic(args: ChatArguments): void {
  const paired = 'classic peers are paired by order of arrival';
  const noFiles = 'the old protocol has no files';
  for (const [given, what, why] of [
    [args.invite, 'an INVITE', paired],
    [args.code, '--code', paired],
    [args.proxy, '--proxy', 'the server would tell the peer the address of the proxy'],
    [args[6] || undefined, '-6', 'the classic protocol knows IPv4 alone'],
    [args.send, '--send', noFiles],
    [args.acceptFiles, '--accept-files', noFiles],
  ] as const) {
    forbid(given !== undefined, `--classic and ${what} exclude each other: ${why}`);
  }
}

function forbidBesideHere(args: ChatArguments, invite: Invite | undefined): void {
  forbid(
    args.classic === true,
    '--classic and --here exclude each other: the classic protocol needs a server',
  );
  forbid(args.server !== undefined, '--here and --server exclude each other: this machine is the place');
  forbid(
    args.invite !== undefined,
    '--here and an INVITE exclude each other: an invite is joined where it was opened',
  );
  forbid(
    invite?.server !== undefined,
    '--here and a place behind the code exclude each other: this machine is the place',
  );
  forbid(args.proxy !== undefined, '--here and --proxy exclude each other: a proxy lets nobody in');
  forbid(args.transit !== undefined, '--here and --transit exclude each other: --transit is for a mailbox');
}

/** Throws ERR_USAGE where no router can forward the port: any free one is another one each time. */
function expectForwardable(here: number | undefined, { stun, 6: sixth }: ChatArguments): void {
  if (here === undefined || stun === undefined) {
    return;
  }
  forbid(sixth === true, '-6 and --stun exclude each other: beside --here, it asks for an IPv4 address');
  if (here === ANY_PORT) {
    throw usageError(
      '--stun beside --here is for a port that your router forwards, and none is named',
      'Name it, as in --here=4711, or leave out --stun.',
    );
  }
}

/**
 * Throws ERR_USAGE also if no place needs them. A rendezvous relays itself, and sees where we are, unless a proxy or a
 * web server stands between.
 */
function helpersOfPlace(
  given: Pick<Values<typeof chatOptions>, 'stun' | 'transit'>,
  server: PlaceAddresses | undefined,
  proxies: Proxies,
): Pick<ChatSettings, 'stun' | 'transit'> {
  const stun = given.stun.map(readStunServer);
  const transit = given.transit === undefined ? undefined : readTransitRelay(given.transit);
  const places = placesOf(server ?? []);
  for (const [option, isGiven, isOfUse] of [
    ['--stun', stun.length > 0, (place: PlaceAddress) => isMailbox(place) || mayBeHidden(place, proxies)],
    ['--transit', transit !== undefined, isMailbox],
  ] as const) {
    if (isGiven && places.length > 0 && !places.some((place) => isOfUse(place))) {
      throw usageError(
        `${option} is for a mailbox, and ${places.map(formatPlace).join(',')} is a rendezvous`,
        `A rendezvous does that itself: leave ${option} out.`,
      );
    }
  }
  return { stun: stun.length === 0 ? undefined : stun, transit };
}

/** Whether a proxy or a web server may stand between us and a rendezvous, so that it does not see where we are. */
function mayBeHidden(place: Exclude<PlaceAddress, MailboxAddress>, proxies: Proxies): boolean {
  return (
    isAtHttps(place) ||
    place.httpsPort !== undefined ||
    proxyFor(proxies, { host: place.host, isSecure: false }) !== undefined
  );
}

/** A peer that is met on loopback is on this machine, so it is looked for nowhere else. */
function isOnThisMachine(named: PlaceAddresses | undefined): boolean {
  return placesOf(named ?? []).some((place) => {
    const host = serverAt(place)?.host;
    return host !== undefined && (host === 'localhost' || addressClass(host) === 'loopback');
  });
}

/** `PUNCHLINE_SERVER= punchline …` is how a shell unsets a variable for one command. */
function unlessEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function forbid(condition: boolean, message: string, hint = 'Leave one of them out.'): void {
  if (condition) {
    throw usageError(message, hint);
  }
}
