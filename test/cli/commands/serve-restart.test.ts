import { expect, test } from 'vitest';
import { startPunchline, startServer } from '../../helpers/programs/punchline.ts';

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a code stays good while its server is ended by %s and started again',
  async (signal) => {
    const server = await startServer();
    const waiting = startPunchline(['chat', '--json', ...server.options]);
    const { invite } = await waiting.waitFor('invite');
    await waiting.waitFor('rendezvous', ({ state }) => state === 'waiting');
    server.process.kill(signal);
    expect(await server.process.exitCode).toBe(signal === 'SIGTERM' ? 0 : null);
    await waiting.waitFor('rendezvous', ({ state }) => state === 'closed');
    await startServer(['--port', String(server.port), '--probe-port', String(server.probePort)]);
    function times() {
      return waiting.events.filter((event) => event.event === 'rendezvous' && event.state === 'waiting')
        .length;
    }
    await waiting.waitFor('rendezvous', () => times() === 2);
    const guest = startPunchline(['chat', '--json', invite, ...server.options.slice(2)]);
    await Promise.all([guest.waitFor('connected'), waiting.waitFor('connected')]);
    guest.write('hello again\n');
    expect(await waiting.waitFor('message')).toMatchObject({ from: 'peer', text: 'hello again' });
    expect(waiting.events.filter(({ event }) => event === 'invite')).toHaveLength(1);
  },
);
