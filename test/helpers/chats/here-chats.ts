/** A chat whose host's own machine is the place, with a guest behind the worst NAT. */
import { expect, type TestContext } from 'vitest';
import type { Site } from '../../../source/lab/plan/description.ts';
import type { Host } from '../../../source/lab/host.ts';
import type { Lab } from '../../../source/lab/lab.ts';
import { labOrSkip, sharedLab } from '../lab/lab.ts';
import { runPunchline } from '../lab/punchline-inside.ts';

export const atHome: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };
/** From here nobody can be reached by punching but by an open port. */
export const random: Site = { ...atHome, mapping: 'address-and-port-dependent', ports: 'random' };

export async function hostAndGuest(context: TestContext, site: Site, guest: Site = random) {
  return sidesOf(await labOrSkip(context, { sites: { alice: site, bob: guest } }), context);
}

/** The same in one lab for all tests that need such a host. */
export function sharedHost(alice: Site, prepare: (lab: Lab) => Promise<void> = async () => undefined) {
  const start = sharedLab({ sites: { alice, bob: random } }, async (lab) => prepare(lab).then(() => ({})));
  return async (context: TestContext) => sidesOf((await start(context)).lab, context);
}

/** The host `alice` and the guest `bob` of a lab. Their chats end with the test. */
function sidesOf(lab: Lab, context: TestContext) {
  const { alice, bob } = lab.hosts;
  function chat(host: Host | undefined, args: readonly string[]) {
    if (host === undefined) {
      throw new Error('no such host');
    }
    const program = runPunchline(host, ['chat', '--json', ...args]);
    context.onTestFinished(async () => {
      program.kill('SIGKILL');
      await program.exited;
    });
    return program;
  }
  return {
    lab,
    host: (...args: string[]) => chat(alice, args),
    guest: (...args: string[]) => chat(bob, args),
  };
}

/** What the invite looks like, and how the guest is connected. */
export interface Expected {
  readonly form: RegExp;
  readonly connected: { readonly path: string; readonly family: number };
}

/** The invite of a host says where it can be reached, and the guest comes by it. Returns how both have ended. */
export async function reachByInvite(
  sides: ReturnType<typeof sidesOf>,
  { form, connected }: Expected,
): Promise<(number | null)[]> {
  const { host, guest } = sides;
  const alice = host('--here', '--no-relay');
  const { invite, reach } = await alice.line('invite');
  expect(reach).toBe('anywhere');
  expect(invite).toMatch(form);
  const bob = guest('--no-relay', String(invite));
  expect(await alice.line('connected')).toMatchObject(connected);
  expect(await bob.line('connected')).toMatchObject(connected);
  alice.type('over nothing else in the world');
  await bob.line('message', ({ text }) => text === 'over nothing else in the world');
  bob.endInput();
  return (await Promise.all([alice.exited, bob.exited])).map(({ code }) => code);
}
