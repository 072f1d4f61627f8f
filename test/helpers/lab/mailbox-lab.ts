import type { Site } from '../../../source/lab/plan/description.ts';
import { coturnOrSkip } from '../servers/coturn.ts';
import {
  mailboxArguments,
  missingMailbox,
  missingTransit,
  startTwistedInside,
  transitArguments,
} from '../servers/twisted-server.ts';
import { skipWithout, type Owner } from '../skip-without.ts';
import { labOrSkip } from './lab.ts';
import { meetInside } from './meet-inside.ts';

const STUN_PORT = 3478;
const code = { number: 4711, words: ['velvet', 'orbit'] };

/** Some sites, and on the public host a real mailbox server, a real transit relay, and coturn at two addresses. */
export async function startMailboxLab(context: Owner, sites: Readonly<Record<string, Site>>) {
  const missing = missingMailbox() ?? missingTransit();
  if (missing !== undefined) {
    skipWithout(context, missing);
  }
  const lab = await labOrSkip(context, { sites });
  const host = lab.hosts['rendezvous']!;
  const [first = '', second = ''] = host.addresses;
  await Promise.all([
    coturnOrSkip(context, host, STUN_PORT),
    startTwistedInside(host, mailboxArguments(`tcp:4000:interface=${first}`)),
    startTwistedInside(host, transitArguments(`tcp:4001:interface=${first}`)),
  ]);
  const options = {
    server: { mailbox: `ws://${first}:4000/v1` },
    stun: [first, second].map((one) => ({ host: one, port: STUN_PORT })),
    transit: { host: first, port: 4001 },
    code,
  };
  return {
    lab,
    run: (name: string, more: object = {}) => meetInside(lab.hosts[name]!, { ...options, ...more }),
  };
}
