import { namedProxies } from '../../network/proxy/named-proxies.ts';
import type { PunchlineError } from '../../errors.ts';
import type { Chat } from '../../events.ts';
import { chatSettings, type ChatArguments, type ChatSettings } from '../settings/chat-settings.ts';
import { nextSettings, startOf } from '../settings/next-settings.ts';
import { screenOptions } from '../options/chat-options.ts';
import { readOptions } from '../options/read-options.ts';
import { createKeyMap } from '../../ui/settings/key-map.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import type { FriendKeeper } from '../../chat/friends/friend-keeper.ts';
import type { Friendship } from '../../chat/friends/friendship.ts';
import type { DueFiles } from '../../chat/due-files.ts';
import { PunchedChat } from '../../chat/chat.ts';
import { readConfig } from '../settings/read-config.ts';
import { LogSwitch } from '../../ui/lines/log-switch.ts';
import type { ConversationLog } from '../../ui/lines/conversation-log.ts';
import { abbreviateHome } from '../../storage/home-folder.ts';
import type { ScreenOptions } from '../../ui/screen/screen.tsx';
import type { NextChat, Start } from '../../ui/ending/start.ts';
import { rendezvousIn } from '../../protocol/place-address.ts';
import type { FormFace } from '../../ui/form/start-questions.ts';
import { downloadsFolder } from '../transfer/downloads-folder.ts';
import { hereOption } from '../here-option.ts';
import { leftForm, loadQuestions, withPlace, friendNames } from '../with-place.ts';
import { untilEnded } from '../../ui/lines/until-ended.ts';
import { failureLines } from '../../text/failure-lines.ts';

/**
 * `punchline chat`: resolves with the exit code. Without arguments it asks what
 * to do. Throws ERR_USAGE and ERR_FILE before anything begins.
 */
export async function runChat(given: ChatArguments | undefined): Promise<number> {
  const { PUNCHLINE_SERVER: server, PUNCHLINE_CODE: code } = process.env;
  const environment = { server, code };
  const config = await readConfig();
  const screen = readOptions(screenOptions, given ?? {});
  const look = screenSettings(screen, process.env, config);
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const why = terminal ? whyLines(screen, process.env, config, process.platform) : undefined;
  const face: FormFace = why === undefined ? { look } : 'lines';
  const args =
    given ??
    (await (
      await loadQuestions()
    ).askedStart(environment.server || undefined, config, face, await friendNames()));
  if (args === undefined) {
    return leftForm();
  }
  // What needs no proxy is not held up by a variable that names a strange one.
  const isDirect = args.here !== undefined || args.classic === true;
  const proxies = isDirect ? {} : await namedProxies(args.proxy, process.env);
  const chosen = chatSettings(args, { ...environment, proxies }, config, terminal && why === undefined);
  if (why === 'dumb' && chosen.face === 'plain' && given?.plain !== true) {
    process.stderr.write(dumbText);
  }
  await expectUsable(chosen);
  const friend = chosen.friendName === undefined ? undefined : await loadFriend(chosen.friendName);
  const asking = terminal ? askingFace(chosen, face) : undefined;
  const ready = await withPlace(friend?.settingsFor(chosen) ?? chosen, asking);
  const keys = createKeyMap(config.keys);
  for (let settings = ready; settings !== undefined;) {
    const exit = await holdChats(settings, { look, keys, friend, isAsked: asking !== undefined });
    if (exit !== 'not found') {
      return exit;
    }
    const answer = asking && (await (await loadQuestions()).askedPlace('local', asking));
    settings = answer && { ...settings, ...answer };
  }
  return leftForm();
}

/** How a person at a terminal is asked; undefined if JSON is expected there. */
function askingFace({ face }: ChatSettings, form: FormFace): FormFace | undefined {
  return face === 'json' ? undefined : face === 'plain' ? 'lines' : form;
}

interface Look {
  readonly look: ScreenOptions['settings'];
  readonly keys: NonNullable<ScreenOptions['keys']>;
  /** The one that is named, if one is. */
  readonly friend: Friend | undefined;
  /** Whether a person can be asked where the peer waits. */
  readonly isAsked: boolean;
}

/**
 * Holds a chat, and those that the screen starts after it. Resolves with the exit code, or `not found` if a person has to
 * say where the peer waits. Throws ERR_FILE.
 */
async function holdChats(
  settings: ChatSettings,
  { look, keys, friend, isAsked }: Look,
): Promise<number | 'not found'> {
  function report({ code, message, hint = '' }: PunchlineError) {
    return chats.chat.report({ code, message, hint });
  }
  const logFile = settings.log === undefined ? undefined : await openLog(settings.log, report);
  const dueFiles = settings.face === 'screen' ? undefined : await loadDueFiles(settings);
  const chats = new ChatsInTurn(settings, await chatOpener(settings, dueFiles, friend));
  const { chat } = chats;
  const log = new LogSwitch(chat, logFile);
  const notFound = isAsked ? watchSearch(chat, settings) : undefined;
  const decided = await (settings.face === 'screen'
    ? showOnScreen(chats, {
        panes: [{ chat, log, start: startOf(settings), begin: (next) => chats.begin(next) }],
        keys,
        settings: look,
        ...(notFound && { signal: notFound }),
        downloads: abbreviateHome(downloadsFolder(settings)),
      })
    : showAsLines(chat, log, settings, notFound));
  const exit = decided ?? (await chats.ended);
  const missing = log.off();
  if (missing !== undefined) {
    process.stderr.write(failureLines({ message: missing }));
  }
  return notFound?.aborted === true ? 'not found' : exit;
}

/**
 * Aborts if nobody was found on the local network and no other place was named. Not if something was sent meanwhile: the
 * screen keeps it.
 */
function watchSearch(chat: Chat, { here, local, server }: ChatSettings): AbortSignal {
  const search = new AbortController();
  let [isMissed, hasSent] = [false, false];
  const isAlone = local && server === undefined && here === undefined;
  chat.subscribe((event) => {
    isMissed ||= event.event === 'error' && event.code === 'ERR_NO_SUCH_ROOM';
    hasSent ||= event.event === 'message';
    // Where lines are read, their end (Ctrl-D) says that no answer follows.
    if (event.event === 'ended' && isAlone && isMissed && !hasSent && !process.stdin.readableEnded) {
      search.abort();
    }
  });
  return search.signal;
}

const dumbText =
  'punchline: this terminal says that it cannot move its cursor (TERM): lines of text instead of a screen.\n';

/** Throws ERR_FILE. */
async function openLog(path: string, report: (failure: PunchlineError) => void): Promise<ConversationLog> {
  const { openConversationLog } = await import('../../ui/lines/conversation-log.ts');
  return openConversationLog(path, report);
}

/** Checks the paths of files before anything begins: later the code is spent. Throws ERR_FILE. */
async function expectUsable({ acceptFiles, send }: ChatSettings): Promise<void> {
  if (acceptFiles !== undefined) {
    const { expectTargetFolder } = await import('../../connect/files/disk/target-folder.ts');
    await expectTargetFolder(acceptFiles);
  }
  if (send.length > 0) {
    const { listFiles } = await import('../../connect/files/disk/list-files.ts');
    for (const path of send) {
      await listFiles(path);
    }
  }
}

type Opener = (settings: ChatSettings) => Chat;

/** Loads what a chat of this kind needs. */
async function chatOpener(
  settings: ChatSettings,
  dueFiles: DueFiles | undefined,
  friend: Friend | undefined,
): Promise<Opener> {
  if (settings.classic) {
    const { ClassicChat } = await import('../../chat/classic-chat.ts');
    return ({ server = [], ...chosen }) =>
      new ClassicChat({ ...chosen, server: rendezvousIn(server, '--classic') });
  }
  const { offerFirst } = settings.send.length > 0 ? await import('../../chat/offer-first.ts') : {};
  // Where stdin is no terminal, isTTY is undefined, and not false.
  const openFriendship = await friend?.opened(settings);
  const isAlone = settings.face === 'json' || (settings.face === 'plain' && !process.stdin.isTTY);
  return (chosen) => {
    const chat = new PunchedChat({
      ...chosen,
      here: hereOption(chosen.here),
      hasAnswers: !isAlone,
      dueFiles,
      downloads: downloadsFolder(chosen),
      loadKeeper: () => loadKeeper(chosen),
      friendship: chosen.friend && openFriendship?.(),
    });
    offerFirst?.(chat, chosen.send, dueFiles);
    return chat;
  };
}

/** A friend that this process alone uses. */
interface Friend {
  readonly settingsFor: (settings: ChatSettings) => ChatSettings;
  /** Opens what is kept. Throws ERR_FILE. */
  readonly opened: (settings: ChatSettings) => Promise<() => Friendship>;
}

/** Throws ERR_USAGE for an unknown friend, ERR_FRIEND_IN_USE, and ERR_FILE. */
async function loadFriend(name: string): Promise<Friend> {
  const { settingsFor, takeFriend } = await import('../friends/met-friend.ts');
  const met = await takeFriend(name);
  return {
    settingsFor: (settings) => settingsFor(met, settings),
    opened: async ({ server, history }) => {
      const { openFriendship } = await import('../friends/chat-friends.ts');
      return openFriendship(met, server, history);
    },
  };
}

/** The two meet again where they have met. */
async function loadKeeper({ server }: ChatSettings): Promise<FriendKeeper> {
  const { createKeeper } = await import('../friends/chat-friends.ts');
  return createKeeper(server);
}

/** The chats of one run: the screen can start another one after each. */
class ChatsInTurn {
  readonly #first: ChatSettings;
  #settings: ChatSettings;
  readonly #open: Opener;
  #chat: Chat;
  #ended: Promise<number>;

  constructor(settings: ChatSettings, open: Opener) {
    this.#first = settings;
    this.#settings = settings;
    this.#open = open;
    this.#chat = open(settings);
    this.#ended = untilEnded(this.#chat);
  }

  /** The last one. */
  get chat(): Chat {
    return this.#chat;
  }

  /** Resolves with the exit code of the last one. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  /** To be called only when the chat has ended. Throws ERR_USAGE if the invite cannot be read. */
  begin(next: NextChat): { readonly chat: Chat; readonly start: Start } {
    this.#settings = nextSettings(next, this.#settings, this.#first);
    this.#chat = this.#open(this.#settings);
    this.#ended = untilEnded(this.#chat);
    return { chat: this.#chat, start: startOf(this.#settings) };
  }
}

/** Not for a screen: a person has seen there what became of each file. */
async function loadDueFiles({ acceptFiles }: ChatSettings): Promise<DueFiles> {
  const { DueFiles } = await import('../../chat/due-files.ts');
  return new DueFiles(acceptFiles !== undefined);
}

/** Resolves with the exit code, if it is not that of the chat. */
async function showOnScreen(chats: ChatsInTurn, options: ScreenOptions): Promise<number | undefined> {
  const { showScreen } = await import('../../ui/screen/screen.tsx');
  try {
    return await showScreen(options);
  } catch (error) {
    // The screen has a bug. The chat must not keep the process alive.
    chats.chat.interrupt(1);
    throw error;
  }
}

async function showAsLines(
  chat: Chat,
  log: LogSwitch,
  settings: ChatSettings,
  notFound: AbortSignal | undefined,
): Promise<undefined> {
  const { showLines } = await import('../../ui/lines/show-lines.ts');
  const { face, heartbeatMs, acceptFiles } = settings;
  await showLines(chat, log, {
    isJson: face === 'json',
    downloads: abbreviateHome(downloadsFolder(settings)),
    endsWithInput: heartbeatMs === undefined && acceptFiles === undefined,
    isQuestionNext: notFound && (() => notFound.aborted),
  });
}
