import { usageError } from '../../errors.ts';
import { connect, type Connection } from '../../connect/connection.ts';
import { ForwardStreams } from '../../connect/streams/forward-streams.ts';
import { type Forward, formatTarget, parseForward, parseTarget } from '../../connect/streams/target.ts';
import type { Server } from '../../network/endpoint.ts';
import { toPunchlineError } from '../../network/to-punchline-error.ts';
import { isFriendName } from '../../friends/friend-form.ts';
import { beginsLikeInvite } from '../../protocol/pasted-line.ts';
import { failureLines } from '../../text/failure-lines.ts';
import { onSignals } from '../../ui/lines/until-ended.ts';
import { hereOption } from '../here-option.ts';
import { forwardOptions } from '../options/chat-options.ts';
import type { Typed } from '../options/option.ts';
import { readOptions } from '../options/read-options.ts';
import { readConfig } from '../settings/read-config.ts';
import { type ConnectingArguments, connectingSettings, leftForm } from '../with-place.ts';
import { ForwardFace } from '../forward/forward-face.ts';

export interface ForwardArguments extends Omit<ConnectingArguments, 'invite'>, Typed<typeof forwardOptions> {
  readonly forward?: readonly string[];
}

/**
 * `punchline forward`: carries TCP connections to and from the other side until one of the two leaves. Resolves with the
 * exit code. Throws ERR_USAGE, ERR_PORT_IN_USE, ERR_PERMISSION and ERR_NETWORK before anything begins.
 */
export async function runForward({ forward: words = [], ...args }: ForwardArguments): Promise<number> {
  const { forwards, invite } = readWords(words);
  const allowed = readOptions(forwardOptions, args).allow.map((text) => parseTarget(text, '--allow'));
  if (forwards.length === 0 && allowed.length === 0) {
    throw usageError(
      'nothing is forwarded, and nothing is allowed',
      'Name a port here and a target there, 8080:localhost:80, or what the other side may reach from here, --allow localhost:80.',
    );
  }
  const config = await readConfig();
  const settings = await connectingSettings({ ...args, invite }, config);
  if (settings === undefined) {
    return leftForm();
  }
  let connection: Connection | undefined;
  const streams = new ForwardStreams({
    allowed,
    onFailed: (target, reason) => face.failed(target, reason),
    onBroken: (error) => connection?.destroy(error),
  });
  const face = new ForwardFace(config, streams, otherSide(forwards, allowed));
  try {
    // The code is not spent if a port is in use.
    await listen(forwards, streams, face);
    face.allow(allowed.map(formatTarget));
    connection = connect({
      ...settings,
      here: hereOption(settings.here),
      mode: 'forward',
      awaitsRestart: true,
    });
    return await untilOver(connection, streams, face, (successor) => {
      connection = successor;
    });
  } finally {
    streams.close();
    face.end();
  }
}

/** The last words are the invite, if they read like one. Else the last word is a friend, if it reads like a name. Throws ERR_USAGE. */
function readWords(words: readonly string[]): {
  readonly forwards: readonly Forward[];
  readonly invite: string | undefined;
} {
  const from = words.findIndex((_, index) => beginsLikeInvite(words.slice(index).join(' ')));
  if (from !== -1) {
    return { forwards: words.slice(0, from).map(parseForward), invite: words.slice(from).join(' ') };
  }
  const name = words.at(-1);
  return name !== undefined && isFriendName(name)
    ? { forwards: words.slice(0, -1).map(parseForward), invite: name }
    : { forwards: words.map(parseForward), invite: undefined };
}

/** What the other side has to run: it allows what we reach, and reaches what we allow. */
function otherSide(forwards: readonly Forward[], allowed: readonly Server[]): string {
  const allows = new Set(forwards.map(({ target }) => `--allow ${formatTarget(target)}`));
  const reaches = allowed.map((target) => `PORT:${formatTarget(target)}`);
  return ['forward', ...allows, ...reaches].join(' ');
}

async function listen(
  forwards: readonly Forward[],
  streams: ForwardStreams,
  face: ForwardFace,
): Promise<void> {
  for (const one of forwards) {
    const port = await streams.listen(one);
    face.listening({ host: one.host, port } satisfies Server, formatTarget(one.target));
  }
}

/** Resolves with the exit code when the connection is over, or the last of those that took its place. */
function untilOver(
  first: Connection,
  streams: ForwardStreams,
  face: ForwardFace,
  onSuccessor: (connection: Connection) => void,
): Promise<number> {
  return new Promise((resolve) => {
    let current = first;
    let interrupted: number | undefined;
    const stopListening = onSignals((exit) => {
      if (interrupted !== undefined) {
        process.exit(exit);
      }
      interrupted = exit;
      current.leaveNow();
    });
    function follow(connection: Connection) {
      let failure: unknown;
      current = connection;
      streams.carryOver(connection);
      connection.on('happening', (happening) => face.tell(happening));
      connection.on('lost', (reason) => face.tell({ event: 'lost', reason, queued: 0 }));
      connection.on('resumed', (ms, _resentBytes, path) =>
        face.tell({ event: 'resumed', ms, resent: 0, path }),
      );
      connection.on('restarted', (successor) => {
        onSuccessor(successor);
        follow(successor);
      });
      connection.on('error', (error) => {
        failure = error;
      });
      connection.on('close', () => {
        if (connection !== current) {
          return;
        }
        stopListening();
        resolve(interrupted ?? (failure === undefined ? 0 : tellFailure(failure, face)));
      });
    }
    follow(first);
  });
}

/** Returns the exit code. */
function tellFailure(failure: unknown, face: ForwardFace): number {
  const error = toPunchlineError(failure);
  face.write(failureLines(error));
  return error.exitCode;
}
