import { clientOptions } from '../servers/local-rendezvous.ts';
import type { Installed } from './installed.ts';
import type { Exit } from './punchline.ts';

/** How each program ended, and what Bob's message was when it reached Ada. */
export interface Tried {
  readonly heard: string;
  readonly ends: Readonly<Record<'ada' | 'bob' | 'doctor' | 'server', Exit>>;
}

/** What tryInstalled() resolves with if all is well. */
export const allWell = {
  heard: 'hello from the package',
  ends: {
    ada: { code: 0, stderr: '' },
    bob: { code: 0, stderr: '' },
    doctor: { code: 0, stderr: '' },
    server: { code: 0 },
  },
};

/** A rendezvous with these options, two who chat there and the doctor: all by the installed package, on one Node. */
export async function tryInstalled(
  { run }: Pick<Installed, 'run'>,
  node?: string,
  options: readonly string[] = [],
): Promise<Tried> {
  const server = run(['serve', '--host', '127.0.0.1', '--port', '0', ...options], {}, node);
  const [, port, probePort] = await server.waitForText(/"port":(\d+),"probePort":(\d+)/);
  const place = clientOptions(Number(port), Number(probePort));
  const ada = run(['chat', '--json', ...place], {}, node);
  const { code } = await ada.waitFor('invite');
  const bob = run(['chat', '--json', code, ...place], {}, node);
  await Promise.all([ada.waitFor('connected'), bob.waitFor('connected')]);
  bob.write(`${allWell.heard}\n`);
  const { text } = await ada.waitFor('message');
  ada.endInput();
  const [adasEnd, bobsEnd] = [await ada.ended(), await bob.ended()];
  const doctor = await run(['doctor', '--json', ...place], {}, node).ended();
  server.kill('SIGTERM');
  return { heard: text, ends: { ada: adasEnd, bob: bobsEnd, doctor, server: await server.ended() } };
}
