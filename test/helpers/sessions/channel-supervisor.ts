import { expect, onTestFinished } from 'vitest';
import type { Socket } from 'node:net';
import type { Server } from '../../../source/network/endpoint.ts';
import { createFrameDecoder, encodeFrame, type Frame } from '../../../source/connect/session/wire/frames.ts';
import { keepaliveTimes, type KeepaliveTimes } from '../../../source/connect/session/wire/keepalive.ts';
import type { Endpoint, Happening, Path, Role } from '../../../source/events.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import type { Found } from '../../../source/connect/reconnect/reconnect.ts';
import type { WonChannel } from '../../../source/connect/punch/establish-channel.ts';
import { ChannelSupervisor } from '../../../source/connect/reconnect/channel-supervisor.ts';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import { Session } from '../../../source/connect/session/session.ts';
import { eventually } from '../eventually.ts';
import { expectNothingLeft } from '../nothing-left.ts';
import { socketPair } from './socket-pair.ts';

/** The root key of the session that supervisorOf() makes. */
export const root = new Uint8Array(32).fill(5);
const empty = new Uint8Array(32);
const nobody: Endpoint = { address: '127.0.0.1', port: 1 };

interface Given {
  readonly lan?: boolean;
  /** The path that a channel over loopback is taken for; by default a local one. */
  readonly path?: Path;
  /** The path of the current channel; by default a direct one. */
  readonly from?: Path;
  readonly times?: KeepaliveTimes;
  readonly server?: Server;
  readonly isOver?: boolean;
}

/** A session with a direct channel. The test itself writes the peer's frames. */
export async function supervisorOf(
  role: Role,
  {
    lan = true,
    path = 'lan',
    from = 'direct',
    times = keepaliveTimes,
    server = { host: nobody.address, port: nobody.port },
    isOver = false,
  }: Given = {},
) {
  expectNothingLeft();
  const [ours, theirs] = await socketPair();
  const session = new Session(times);
  const said: string[] = [];
  const happenings: Happening[] = [];
  let text = '';
  const supervisor = new ChannelSupervisor(
    session,
    createMeetingContext({ server, lan }, () => undefined),
    {
      isOver: () => isOver,
      onHappening: (happening) => happenings.push(happening),
      onLost: (reason) => said.push(`lost: ${reason}`),
      onResumed: () => said.push('resumed'),
      onRestarted: () => said.push('restarted'),
      onFailed: (error) => said.push(`failed: ${error.message}`),
    },
  );
  session.on('data', (bytes) => {
    text += Buffer.from(bytes).toString();
    session.consumed(bytes.length);
  });
  session.on('failed', (reason, error) => said.push(`${error?.name}: ${reason}`));
  onTestFinished(() => {
    supervisor.stop();
    session.destroy();
  });
  supervisor.begin({
    link: new FrameLink(ours),
    peerReceived: undefined,
    path: from,
    local: nobody,
    remote: nobody,
    cipher: '',
    group: '',
    openedAt: 0,
    provenAt: 0,
    role,
    keys: { signalA: empty, signalB: empty, psk: empty, root },
    takesFiles: false,
    takesSkips: false,
    takesFriends: false,
    peerName: '',
    verification: empty,
    dialledAt: 0,
    server: nobody,
    here: false,
    pathTo: () => path,
  });
  function moves() {
    return happenings.filter(({ event }) => event === 'path');
  }
  return { session, said, moves, text: () => text, ours, peer: framesOn(theirs), theirs };
}

/** The frames that a peer sends and receives on a channel. */
export function framesOn(stream: Socket) {
  const frames: Frame[] = [];
  const decoder = createFrameDecoder();
  stream.on('data', (chunk: Buffer) => frames.push(...decoder.push(chunk)));
  stream.on('error', () => undefined);
  stream.resume();
  onTestFinished(() => void stream.destroy());
  function all<Type extends Frame['type']>(type: Type) {
    return frames.filter((frame): frame is Extract<Frame, { type: Type }> => frame.type === type);
  }
  return {
    all,
    send: (...sent: Frame[]) => stream.write(Buffer.concat(sent.map(encodeFrame))),
    heard: <Type extends Frame['type']>(type: Type, nth = 1) =>
      eventually(() => {
        const found = all(type)[nth - 1];
        if (found === undefined) {
          throw new Error(`no ${type} yet`);
        }
        return found;
      }),
    closed: () => eventually(() => expect(stream.closed).toBe(true)),
  };
}

/** Where nobody looks for a peer that has lost the session. */
export function wonOf(found: Found): WonChannel {
  if ('restarted' in found) {
    throw new Error('a channel of another session');
  }
  return found.won;
}
