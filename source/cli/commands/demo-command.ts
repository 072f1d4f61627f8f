import type { Chat } from '../../events.ts';
import type { Config } from '../settings/config.ts';
import type { demoOptions } from '../options/chat-options.ts';
import type { Typed } from '../options/option.ts';
import { parseInvite } from '../../protocol/invite.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import { PunchedChat } from '../../chat/chat.ts';
import { readConfig } from '../settings/read-config.ts';
import { serve } from '../../server/serve.ts';
import { abbreviateHome } from '../../storage/home-folder.ts';
import { createPlainPrinter } from '../../ui/lines/plain.ts';
import { untilEnded } from '../../ui/lines/until-ended.ts';

/** Without a terminal, the demo ends by itself after so many heartbeats each way. */
const HEARTBEATS = 5;
const HEARTBEAT_MS = 1000;
const names = ['Ada', 'Grace'] as const;

/**
 * `punchline demo`: a rendezvous and two peers on this machine, over real
 * sockets, in one terminal. Resolves with the exit code.
 */
export async function runDemo({ plain }: Typed<typeof demoOptions>): Promise<number> {
  const config = await readConfig();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const terminal =
    plain !== true && isTerminal && whyLines({}, process.env, config, process.platform) === undefined;
  const server = await serve({ port: 0, host: '127.0.0.1' });
  try {
    const common = {
      server: { host: '127.0.0.1', port: server.port },
      probePort: server.probePort,
      heartbeatMs: terminal ? undefined : HEARTBEAT_MS,
    };
    const host = new PunchedChat({ ...common, name: names[0] });
    const guest = afterInvite(host, (code) => new PunchedChat({ ...common, name: names[1], code }));
    return terminal ? await showDemo(host, await guest, config) : await printDemo(host, await guest);
  } finally {
    await server.close();
  }
}

/** The second peer comes as a friend would: with the invite of the first. */
function afterInvite(
  host: Chat,
  join: (code: ReturnType<typeof parseInvite>['code']) => PunchedChat,
): Promise<Chat | undefined> {
  return new Promise((resolve) => {
    const unsubscribe = host.subscribe((event) => {
      if (event.event === 'invite') {
        resolve(join(parseInvite(event.invite).code));
      } else if (event.event === 'ended') {
        resolve(undefined);
      } else {
        return;
      }
      queueMicrotask(() => unsubscribe());
    });
  });
}

async function showDemo(host: Chat, guest: Chat | undefined, config: Config): Promise<number> {
  const { showScreen } = await import('../../ui/screen/screen.tsx');
  const chats = guest === undefined ? [host] : [host, guest];
  const ended = chats.map((chat) => untilEnded(chat));
  // The user sees both sides, so no notification is needed.
  const settings = screenSettings({ notify: 'off' }, process.env, config);
  const decided = await showScreen({
    panes: chats.map((chat, index) => ({ chat, title: names[index] ?? '' })),
    settings,
    downloads: abbreviateHome(process.cwd()),
  });
  return decided ?? Math.max(...(await Promise.all(ended)));
}

function write(text: string) {
  return process.stdout.write(text);
}

async function printDemo(host: Chat, guest: Chat | undefined): Promise<number> {
  const chats = guest === undefined ? [host] : [host, guest];
  // The reader of our output is gone.
  process.stdout.once('error', () => {
    for (const chat of chats) {
      chat.leave();
    }
  });
  const width = Math.max(...names.map((name) => name.length));
  let satisfied = 0;
  const ended = chats.map((chat, index) => {
    chat.subscribe(createPlainPrinter(write, { prefix: `${(names[index] ?? '').padEnd(width)} | ` }));
    chat.subscribe((event) => {
      if (event.event !== 'heartbeat' || event.direction !== 'received' || event.n !== HEARTBEATS) {
        return;
      }
      satisfied += 1;
      if (satisfied === chats.length) {
        host.leave();
      }
    });
    return untilEnded(chat);
  });
  return Math.max(...(await Promise.all(ended)));
}
