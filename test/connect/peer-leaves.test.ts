/** A peer that goes to its new channel, and leaves the rendezvous, before we know that we have one. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect as connectToPeer } from '../../source/connect/connection.ts';
import { passwordOf } from '../../source/protocol/code.ts';
import { secureChannel, type Channel } from '../../source/connect/session/secure-channel.ts';
import { FrameLink } from '../../source/connect/session/frame-link.ts';
import { eventually } from '../helpers/eventually.ts';
import { impostor, sealedHello } from '../helpers/strangers/impostor.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { reach, waitingChat } from '../helpers/chats/recorded-chat.ts';
import { joinMessage, TestServer } from '../helpers/servers/rendezvous-server.ts';
import { seen } from '../helpers/servers/seen.ts';

/** Dials until there is a proven channel: between two of its own dials the other side does not listen. */
async function channelTo(port: number, psk: Uint8Array, signal: AbortSignal): Promise<Channel> {
  for (;;) {
    try {
      const socket = connect({ host: '127.0.0.1', port });
      await once(socket, 'connect', { signal });
      return await secureChannel(socket, { role: 'a', psk, signal });
    } catch (error) {
      if (signal.aborted) {
        throw error;
      }
    }
  }
}

test.each([
  ['is gone without a word', false],
  ['has said that it is done', true],
])('a nomination of a peer that %s still counts', async (_, isDone) => {
  const server = await TestServer.start();
  const { waiting: b, code } = await waitingChat(server, { attempts: 2 });
  const peer = impostor(code.number, passwordOf(code));
  const wire = await server.connect();
  wire.send(joinMessage({ number: code.number, share: peer.share, nonce: peer.nonce }));
  const matched = await wire.expect('matched');
  const keys = peer.keysWith(matched.peer, 'a');
  wire.send({ t: 'candidate', sealed: sealedHello(keys, 'a') });
  const { socket, group } = await channelTo(
    seen(matched.peer.mapped).port,
    keys.psk,
    AbortSignal.timeout(4000),
  );

  if (isDone) {
    wire.send({ t: 'done', outcome: 'punched' });
  }
  wire.socket.destroy();
  // It has been told so, and its rounds are at an end.
  await eventually(() => expect(server.counts().connections).toBe(0));
  new FrameLink(socket).send({ type: 'nominate', received: 0, group: group ?? 'unknown' });

  expect(await b.event('connected')).toMatchObject({ remote: { address: '127.0.0.1' } });
  socket.destroy();
});

test.each(['a', 'b'])(
  'role `%s` leaves with a channel that the peer counts on, and says goodbye',
  async (leaver) => {
    expectNothingLeft();
    const server = await TestServer.start();
    const code = { number: 4711, words: ['velvet', 'orbit'] as const };
    const said = [1, 2].map(() => {
      const connection = connectToPeer({ ...reach(server), code });
      onTestFinished(() => void connection.destroy());
      const words: string[] = [];
      let role = '';
      connection.on('happening', (happening) => {
        if (happening.event === 'peer') {
          role = happening.role;
        }
        // It has won, and is not yet connected.
        if (happening.event === 'rendezvous' && happening.state === 'closed' && role === leaver) {
          connection.leaveNow();
        }
      });
      connection.on('lost', () => words.push('lost'));
      connection.on('goodbye', (by) => words.push(`goodbye by ${by}`));
      connection.on('error', (error: Error) => words.push(error.message));
      connection.on('close', () => words.push('close'));
      connection.resume();
      return words;
    });
    await eventually(() => expect(said.map((words) => words.at(-1))).toEqual(['close', 'close']));
    expect(said).toContainEqual(['goodbye by us', 'close']);
    expect(said).toContainEqual(['goodbye by peer', 'close']);
  },
);
