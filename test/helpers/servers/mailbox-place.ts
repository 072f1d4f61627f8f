import { MailboxGuest } from '../strangers/mailbox-guest.ts';
import type { Owner } from '../skip-without.ts';
import { startCuttableLine } from './cuttable-line.ts';
import { startStunServer, type StunScript } from './stun-server.ts';
import { mailboxOrSkip, transitOrSkip } from './twisted-server.ts';

/** Two STUN servers that answer the truth, or what the script says, as options for connect(). */
export async function startTwoStunServers(script?: StunScript) {
  const servers = [await startStunServer(script), await startStunServer(script)];
  return servers.map(({ server: { address, port } }) => ({ host: address, port }));
}

/** A real mailbox server and a real transit relay. */
export async function startMailboxServers(owner: Owner) {
  const [mailbox, transit] = await Promise.all([mailboxOrSkip(owner), transitOrSkip(owner)]);
  return { mailbox, transit };
}

/** The two behind lines that can be cut, and two STUN servers. */
export async function reachMailboxServers({
  mailbox,
  transit,
}: Awaited<ReturnType<typeof startMailboxServers>>) {
  const stun = await startTwoStunServers();
  const lines = await Promise.all([startCuttableLine(mailbox.port), startCuttableLine(transit.port)]);
  const [first, second] = lines.map(({ address }) => address.port);
  const url = `ws://127.0.0.1:${first}/v1`;
  return {
    reach: { server: { mailbox: url }, stun, transit: { host: '127.0.0.1', port: second ?? 0 } },
    /** Ends all connections to both. */
    drop: () => {
      for (const line of lines) {
        line.drop();
      }
    },
    /** A stranger enters the room of this number, and its first message is there. */
    stranger: async (number: number) => {
      const guest = await MailboxGuest.come(url);
      await guest.enter(number);
      guest.join(number);
      await guest.settled();
      return guest;
    },
  };
}
