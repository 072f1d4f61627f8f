import { describe, expect, test } from 'vitest';
import { chatSettings, type ChatArguments } from '../../../source/cli/settings/chat-settings.ts';
import { nextSettings, startOf } from '../../../source/cli/settings/next-settings.ts';
import { PunchlineError } from '../../../source/errors.ts';
import { formatCode } from '../../../source/protocol/code.ts';
import { formatPlace, placesOf } from '../../../source/protocol/place-address.ts';
import type { NextChat } from '../../../source/ui/ending/start.ts';

const agreed = '4711-velvet-orbit';
const drawn = '7-velvet-orbit';

/** What the chats that follow the one of the command line have, one after the other. */
function follow(args: ChatArguments, ...wishes: readonly (NextChat | string)[]) {
  const first = chatSettings(args, {}, {}, true);
  let last = first;
  for (const wish of wishes) {
    last = nextSettings(typeof wish === 'string' ? { kind: 'invite', invite: wish } : wish, last, first);
  }
  const { code, server, here, local, portMapping } = last;
  return {
    ...(code && { code: formatCode(code) }),
    ...(server && { server: placesOf(server).map(formatPlace).join(',') }),
    ...(here !== undefined && { here }),
    local,
    portMapping,
    start: startOf(last),
  };
}

const [same, room] = [{ kind: 'same' }, { kind: 'room' }] as const;

describe('nextSettings', () => {
  test.each<[string, ChatArguments, readonly (NextChat | string)[], object]>([
    [
      'hosts again with the agreed code that is typed again',
      { code: agreed, here: '4000' },
      [agreed],
      { code: agreed, here: 4000, local: true, portMapping: true, start: 'agreed' },
    ],
    [
      'hosts with another agreed code',
      { here: '4000' },
      ['5000-zoo-zone'],
      { code: '5000-zoo-zone', here: 4000, local: true, portMapping: true, start: 'agreed' },
    ],
    [
      'hosts again with a low number that was given',
      { code: drawn, here: '0' },
      [drawn],
      { code: drawn, here: 0, local: true, portMapping: true, start: 'agreed' },
    ],
    [
      'hosts again as before if the same is tried again',
      { code: drawn, here: '4000' },
      [same],
      { code: drawn, here: 4000, local: true, portMapping: true, start: 'agreed' },
    ],
    [
      'hosts again after a visit elsewhere',
      { code: agreed, here: '4000' },
      ['8-zoo-zone@example.org', agreed],
      { code: agreed, here: 4000, local: true, portMapping: true, start: 'agreed' },
    ],
    [
      'opens the next room where the first run hosted',
      { here: '4000' },
      ['8-zoo-zone@example.org', room],
      { here: 4000, local: false, portMapping: true, start: 'room' },
    ],
    [
      'joins a place that is named, and hosts nothing',
      { here: '4000' },
      ['5000-zoo-zone@example.org'],
      { code: '5000-zoo-zone', server: 'example.org', local: false, portMapping: true, start: 'agreed' },
    ],
    [
      'looks for the host of a drawn number',
      { here: '4000' },
      [drawn],
      { code: drawn, local: true, portMapping: true, start: 'invite' },
    ],
    [
      'waits for the other side of an agreed code if no place is known, and asks no router',
      { invite: drawn },
      [agreed],
      { code: agreed, here: 0, local: true, portMapping: false, start: 'agreed' },
    ],
    [
      'opens a room on this machine if the peer was found on the local network',
      { invite: drawn },
      [room],
      { here: 0, local: false, portMapping: false, start: 'room' },
    ],
    [
      'stays at the rendezvous, and looks on the local network, too',
      { server: 'example.org' },
      [agreed],
      { code: agreed, server: 'example.org', local: true, portMapping: true, start: 'agreed' },
    ],
    [
      'stays at the rendezvous of an invite',
      { invite: `${drawn}@example.org` },
      [room],
      { server: 'example.org', local: false, portMapping: true, start: 'room' },
    ],
  ])('%s', (_, args, wishes, expected) => {
    expect(follow(args, ...wishes)).toEqual(expected);
  });

  test('does not offer again what was sent to the first peer', () => {
    const first = chatSettings({ here: '0', send: 'photo.jpg' }, {}, {}, true);
    expect(nextSettings(room, first, first).send).toEqual([]);
  });

  test('refuses a code that leads nowhere', () => {
    expect(() => follow({ invite: `${drawn}@example.org` }, 'example.org')).toThrow(PunchlineError);
    const first = chatSettings({ invite: drawn, lan: false }, {}, {}, true);
    expect(() => nextSettings({ kind: 'invite', invite: '8-zoo-zone' }, first, first)).toThrow(
      'no place to meet is named',
    );
  });
});
