/**
 * Chats without any rendezvous, inside a host of a lab. Each begins with its options, tells its events, and says the
 * texts that it is given. `hosts`: its own machine is a place. `looks`: it looks for hosts.
 */
import { PunchedChat } from '../../../source/chat/chat.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { serveHere } from '../../../source/server/hosted/serve-here.ts';
import type { ChatOrder, LinkChatOptions } from './link-chat.ts';
import { serveUsers } from './serve-users.ts';

function start({ code, hosts, looks, ...options }: LinkChatOptions): PunchedChat {
  return new PunchedChat({
    ...options,
    local: looks,
    ...(code !== undefined && { code: parseCode(code) }),
    ...(hosts && { here: { start: serveHere, port: 0 }, portMapping: false }),
  });
}

serveUsers<ChatOrder>((tell) => {
  let chat: PunchedChat | undefined;
  return {
    take: (order) => {
      switch (order.do) {
        case 'start':
          chat = start(order.options);
          chat.subscribe(tell);
          break;
        case 'say':
          chat?.send(order.text);
          break;
        case 'interrupt':
          chat?.interrupt(130);
          break;
      }
    },
    end: () => chat?.leave(),
  };
});
