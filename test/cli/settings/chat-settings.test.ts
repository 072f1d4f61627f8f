import { describe, expect, test } from 'vitest';
import { publicMailbox, rendezvousIn } from '../../../source/protocol/place-address.ts';
import {
  chatSettings,
  type ChatArguments,
  type ChatEnvironment,
} from '../../../source/cli/settings/chat-settings.ts';
import type { Config } from '../../../source/cli/settings/config.ts';
import { formatCode } from '../../../source/protocol/code.ts';
import { namedProxies } from '../../../source/network/proxy/named-proxies.ts';
import { PunchlineError } from '../../../source/errors.ts';

interface Given {
  readonly args?: ChatArguments;
  readonly environment?: ChatEnvironment;
  readonly config?: Config;
  readonly terminal?: boolean;
}

function settings({ args = {}, environment = {}, config = {}, terminal = true }: Given) {
  return chatSettings(args, environment, config, terminal);
}

function serverOf(given: Given) {
  const { server } = settings(given);
  return server && rendezvousIn(server, 'this test').host;
}
function codeOf(given: Given) {
  const { code } = settings(given);
  return code === undefined ? undefined : formatCode(code);
}

describe('chatSettings', () => {
  test('has a default for everything but the server', () => {
    expect(settings({})).toEqual({
      server: undefined,
      here: undefined,
      local: false,
      probePort: undefined,
      code: undefined,
      friendName: undefined,
      hasNamedServer: false,
      history: false,
      name: undefined,
      heartbeatMs: undefined,
      classic: false,
      attempts: 10,
      lan: true,
      stun: undefined,
      transit: undefined,
      proxies: {},
      portMapping: true,
      relay: 'auto',
      quiet: false,
      family: undefined,
      waitMs: undefined,
      giveUpMs: 600_000,
      freshPort: false,
      spraySize: { dials: 1024, sockets: 256 },
      typing: true,
      report: true,
      log: undefined,
      send: [],
      acceptFiles: undefined,
      acceptHidden: false,
      downloads: undefined,
      face: 'screen',
    });
  });

  test('reads every option', () => {
    const args: ChatArguments = {
      server: '[2001:db8::1]:9000',
      code: '1234-velvet-orbit',
      name: 'Ada',
      heartbeat: '2.5',
      attempts: '3',
      relay: 'never',
      lan: false,
      portMapping: false,
      quiet: true,
      6: true,
      wait: '0.5',
      giveUp: '1.5',
      probePort: '9009',
      freshPort: true,
      spray: '512x64',
      report: false,
      log: 'chat.log',
      send: 'a,b\0c',
      acceptFiles: 'files',
      acceptHidden: true,
      json: true,
    };
    expect(settings({ args })).toEqual({
      server: { host: '2001:db8::1', port: 9000 },
      here: undefined,
      local: false,
      probePort: 9009,
      code: { number: 1234, words: ['velvet', 'orbit'] },
      friendName: undefined,
      hasNamedServer: true,
      history: false,
      name: 'Ada',
      heartbeatMs: 2500,
      classic: false,
      attempts: 3,
      relay: 'never',
      lan: false,
      stun: undefined,
      transit: undefined,
      proxies: {},
      portMapping: false,
      quiet: true,
      family: 6,
      waitMs: 30_000,
      giveUpMs: 90_000,
      freshPort: true,
      spraySize: { dials: 512, sockets: 64 },
      typing: true,
      report: false,
      log: 'chat.log',
      send: ['a,b', 'c'],
      acceptFiles: 'files',
      acceptHidden: true,
      downloads: undefined,
      face: 'json',
    });
  });

  test('takes a word that begins with a letter for a friend, and keeps the conversation with no one else', () => {
    expect(settings({ args: { invite: 'ada', history: true } })).toMatchObject({
      friendName: 'ada',
      history: true,
      local: false,
    });
    expect(settings({ args: { invite: 'ada' }, environment: { code: '7-velvet-orbit' } })).not.toHaveProperty(
      'code.number',
    );
    for (const args of [{ history: true }, { history: true, invite: '7-velvet-orbit' }]) {
      expect(() => settings({ args })).toThrow(/--history is for a conversation with a friend/);
    }
    expect(() => settings({ args: { invite: 'ada', code: '7-velvet-orbit' } })).toThrow(/exclude each other/);
  });

  test('takes the proxies from an option, else from the variables; the old protocol goes without', async () => {
    const variables = { ALL_PROXY: 'socks5h://ada:secret@named.example' };
    const named = { proxies: await namedProxies(undefined, variables) };
    expect(settings({ environment: named }).proxies.all).toMatchObject({ host: 'named.example', port: 1080 });
    expect(settings({ environment: named, args: { classic: true } }).proxies).toEqual({});
    const typed = { proxies: await namedProxies('http://typed.example', variables) };
    expect(settings({ environment: typed }).proxies.all).toMatchObject({ host: 'typed.example', port: 80 });
    expect(await namedProxies(undefined, { ALL_PROXY: '', NO_PROXY: '*' })).toEqual({});
  });

  test('takes the server from an option, else the invite, else the variable, else the config file', () => {
    const all: Given = {
      args: { server: 'option.example', invite: '7-velvet-orbit@invite.example' },
      environment: { server: 'variable.example' },
      config: { server: 'config.example' },
    };
    expect(serverOf(all)).toBe('option.example');
    const { environment, config } = all;
    expect(serverOf({ ...all, args: { invite: '7-velvet-orbit@invite.example' } })).toBe('invite.example');
    expect(serverOf({ ...all, args: { invite: '7-velvet-orbit' } })).toBe('variable.example');
    expect(serverOf({ environment: environment ?? {}, config: config ?? {} })).toBe('variable.example');
    expect(serverOf({ config: config ?? {} })).toBe('config.example');
    expect(serverOf({})).toBeUndefined();
  });

  test('takes the port of the invite if the invite names the server', () => {
    expect(settings({ args: { invite: '7-velvet-orbit@invite.example:9000' } }).server).toEqual({
      host: 'invite.example',
      port: 9000,
    });
  });

  test('takes the code from an option or the invite, else from the variable', () => {
    const environment = { code: '2000-zebra-zone' };
    expect(codeOf({ args: { code: '1234-velvet-orbit' }, environment })).toBe('1234-velvet-orbit');
    expect(codeOf({ args: { invite: '7-velvet-orbit' }, environment })).toBe('7-velvet-orbit');
    expect(codeOf({ environment })).toBe('2000-zebra-zone');
    expect(codeOf({ args: { classic: true }, environment })).toBeUndefined();
  });

  test('takes an empty variable for none', () => {
    const environment = { server: '', code: '' };
    expect(serverOf({ environment, config: { server: 'config.example' } })).toBe('config.example');
    expect(codeOf({ environment })).toBeUndefined();
  });

  test('takes the name from an option, else from the config file', () => {
    expect(settings({ args: { name: 'Ada' }, config: { name: 'Bob' } }).name).toBe('Ada');
    expect(settings({ config: { name: 'Bob' } }).name).toBe('Bob');
  });

  test.each<[ChatArguments, boolean, string]>([
    [{}, true, 'screen'],
    [{}, false, 'plain'],
    [{ plain: true }, true, 'plain'],
    [{ json: true }, true, 'json'],
    [{ json: true }, false, 'json'],
  ])('%j, in a terminal: %j, shows the face %s', (args, terminal, face) => {
    expect(settings({ args, terminal }).face).toBe(face);
  });

  test.each<[ChatArguments, 4 | 6 | undefined]>([
    [{ 4: true }, 4],
    [{ 6: true }, 6],
    [{ 4: true, classic: true }, 4],
    [{}, undefined],
  ])('%j means the family %j', (args, family) => {
    expect(settings({ args }).family).toBe(family);
  });

  test.each<[ChatArguments, string]>([
    [{}, 'auto'],
    [{ relay: 'auto' }, 'auto'],
    [{ relay: 'never' }, 'never'],
    [{ relay: false }, 'never'],
    [{ relay: 'always' }, 'always'],
    // A person who wants to see a punch fail wants no relay, unless they name it.
    [{ freshPort: true }, 'never'],
    [{ freshPort: true, relay: 'auto' }, 'auto'],
  ])('%j means relay: %s', (args, relay) => {
    expect(settings({ args }).relay).toBe(relay);
  });

  test.each<[ChatArguments, number]>([
    [{ here: '0' }, 0],
    [{ here: '4711' }, 4711],
    [{ here: '', code: '1234-velvet-orbit' }, 0],
  ])(
    'with %j, this machine is the place, at port %i, whatever the variable and the file name',
    (args, port) => {
      const environment = { server: 'variable.example' };
      const config = { server: 'config.example' };
      expect(settings({ args, environment, config })).toMatchObject({ here: port, server: undefined });
    },
  );

  test.each<[boolean, Given]>([
    [true, { args: { invite: '7-velvet-orbit' } }],
    [true, { args: { code: '1234-velvet-orbit' } }],
    [true, { environment: { code: '1234-velvet-orbit', server: 'variable.example' } }],
    [true, { args: { invite: '7-velvet-orbit' }, config: { server: 'config.example' } }],
    [false, { args: { invite: '7-velvet-orbit', lan: false } }],
    [false, { args: { invite: '7-velvet-orbit@example.org' } }],
    [false, { args: { invite: '7-velvet-orbit', server: 'example.org' } }],
    // The peer is on this machine.
    [false, { args: { invite: '7-velvet-orbit' }, environment: { server: 'localhost:4000' } }],
    [false, { args: { invite: '7-velvet-orbit' }, config: { server: '[::1]:4000' } }],
    [true, { args: { code: '1234-velvet-orbit', here: '0' } }],
    [false, { args: { code: '1234-velvet-orbit', here: '0', lan: false } }],
    [false, { args: { server: 'example.org' } }],
    [false, { args: {} }],
  ])('looks on the local network, too: %j, with %j', (isLooking, given) => {
    expect(settings(given).local).toBe(isLooking);
  });

  test.each<[boolean, Given]>([
    [true, { args: { code: '1234-velvet-orbit' } }],
    [true, { args: { invite: '1234-velvet-orbit' } }],
    [true, { environment: { code: '1234-velvet-orbit' } }],
    // The number was drawn by somebody who waits already.
    [false, { args: { invite: '7-velvet-orbit' } }],
    [false, { args: { code: '1234-velvet-orbit', lan: false } }],
    [false, { args: { code: '1234-velvet-orbit' }, config: { server: 'config.example' } }],
  ])(
    'waits on the local network alone, for whoever has agreed on the same code: %j, with %j',
    (waits, given) => {
      expect(settings(given)).toMatchObject(waits ? { here: 0, portMapping: false } : { here: undefined });
      expect(settings({ ...given, args: { ...given.args, portMapping: false } }).portMapping).toBe(false);
    },
  );

  test('opens a room on this machine if the config file says so and nobody names a server or an invite', () => {
    const config = { here: true } as const;
    expect(settings({ config })).toMatchObject({ here: 0, server: undefined });
    for (const args of [
      { server: 'example.org' },
      { invite: '7-velvet-orbit' },
      { invite: '7-velvet-orbit@example.org' },
      { code: '1234-velvet-orbit@example.org' },
      { classic: true },
    ]) {
      expect(settings({ args, config }).here).toBeUndefined();
    }
    expect(settings({ environment: { server: 'example.org' }, config }).here).toBeUndefined();
    expect(settings({ args: { here: '4711' }, config }).here).toBe(4711);
  });

  test('takes STUN servers and a transit relay for a mailbox, each with its own port', async () => {
    const args = { server: 'wormhole', stun: '192.0.2.1,[2001:db8::1]:9000', transit: 'example.org' };
    expect(settings({ args })).toMatchObject({
      server: { mailbox: publicMailbox },
      stun: [
        { host: '192.0.2.1', port: 3478 },
        { host: '2001:db8::1', port: 9000 },
      ],
      transit: { host: 'example.org', port: 4001 },
    });
    // A rendezvous and a mailbox: it is for the mailbox. Without a place, one is asked for.
    const several = { ...args, server: 'example.org,wormhole' };
    expect(settings({ args: several }).stun).toHaveLength(2);
    expect(settings({ args: { stun: '192.0.2.1' } }).stun).toHaveLength(1);
    // A web server or a proxy may hide from a rendezvous where we are.
    for (const server of ['https://example.org', 'example.org']) {
      expect(settings({ args: { server, stun: '192.0.2.1' } }).stun).toHaveLength(1);
    }
    const environment = { proxies: await namedProxies('socks5h://proxy.example', {}) };
    const proxied = { server: 'example.org:8877', stun: '192.0.2.1' };
    expect(settings({ environment, args: proxied }).stun).toHaveLength(1);
    // A port that the router forwards: they tell its address. Nobody is asked unless the user has named somebody.
    expect(settings({ args: { here: '4711', stun: '192.0.2.1' } }).stun).toHaveLength(1);
    expect(settings({ args: { here: '4711' } }).stun).toBeUndefined();
  });

  test.each<[ChatArguments, RegExp]>([
    [{ json: true, plain: true }, /--json and --plain/],
    [{ 4: true, 6: true }, /-4 and -6/],
    [{ invite: '7-velvet-orbit', code: '7-velvet-orbit' }, /INVITE and --code/],
    [{ classic: true, invite: '7-velvet-orbit' }, /--classic and an INVITE/],
    [{ classic: true, code: '7-velvet-orbit' }, /--classic and --code/],
    [{ classic: true, 6: true }, /--classic and -6/],
    [{ here: '0', classic: true }, /--classic and --here/],
    [{ here: '0', server: 'example.org' }, /--here and --server/],
    [{ here: '0', invite: '7-velvet-orbit' }, /--here and an INVITE/],
    [{ here: '0', invite: '7-velvet-orbit@example.org' }, /--here and an INVITE/],
    [{ here: '0', code: '1234-velvet-orbit@example.org' }, /--here and a place behind the code/],
    [{ here: '0', stun: '192.0.2.1' }, /--stun beside --here .* none is named/],
    [{ code: '4711-velvet-orbit', stun: '192.0.2.1' }, /--stun beside --here .* none is named/],
    [{ here: '4711', stun: '192.0.2.1', 6: true }, /-6 and --stun/],
    [{ here: '0', transit: '192.0.2.1' }, /--here and --transit/],
  ])('refuses %j, which exclude each other', (args, message) => {
    expect(() => settings({ args })).toThrow(PunchlineError);
    expect(() => settings({ args })).toThrow(message);
  });

  test.each<[ChatArguments, string]>([
    [{ attempts: 'abc' }, "--attempts 'abc' is not a whole number from 1 to 100"],
    [{ attempts: '0' }, "--attempts '0'"],
    [{ attempts: '101' }, "--attempts '101'"],
    [{ attempts: '1.5' }, "--attempts '1.5'"],
    [{ attempts: '' }, "--attempts ''"],
    [{ heartbeat: '0' }, "--heartbeat '0' is not a number from 0.1 to 3600"],
    [{ heartbeat: '3601' }, "--heartbeat '3601'"],
    [{ heartbeat: '7-velvet-orbit' }, "--heartbeat '7-…'"],
    [{ here: '-1' }, "--here '-1' is not a whole number from 0 to 65535"],
    [{ here: '65536' }, "--here '65536'"],
    [{ wait: '0' }, "--wait '0' is not a number from 0.01 to 10080"],
    [{ wait: '-1' }, "--wait '-1'"],
    [{ wait: '10081' }, "--wait '10081'"],
    [{ giveUp: 'never' }, "--give-up 'never' is not a number from 0.01 to 1440"],
    [{ giveUp: '1441' }, "--give-up '1441'"],
    [{ probePort: '0' }, "--probe-port '0' is not a whole number from 1 to 65535"],
    [{ probePort: '65536' }, "--probe-port '65536'"],
    [{ relay: 'maybe' }, "--relay 'maybe' is none of auto, never and always"],
    [{ relay: '' }, "--relay '' is none of"],
    [{ server: '' }, 'the rendezvous is empty'],
    [{ server: 'example.org:99999' }, "'99999' is no port"],
    [{ invite: '' }, 'the invite is empty'],
    [{ invite: '7-velvet@' }, 'the code has 1 word'],
    [{ invite: '7-velvet-orbit@' }, 'no server after the @'],
    [{ invite: '7-velvet-orbitt@example.org' }, 'the second word of the code'],
    [{ invite: '7-velvet-orbit@example.org:0' }, "'0' is no port"],
    [{ code: 'velvet-orbit' }, 'the code does not begin with a room number'],
    [{ server: '7-velvet-orbit' }, 'a code stands where a rendezvous is meant'],
    [{ stun: '' }, '--stun is empty'],
    [{ stun: 'a,,b' }, '--stun is empty'],
    [{ transit: '' }, '--transit is empty'],
    [{ stun: '192.0.2.1,a:b:c' }, "--stun: 'a:b:c' is neither HOST:PORT nor an IPv6 address"],
    [{ transit: 'example.org:0' }, "--transit: '0' is no port"],
    [{ transit: '7-velvet-orbit' }, 'a code stands where a rendezvous is meant'],
    [
      { stun: '192.0.2.1', server: 'example.org:8877' },
      '--stun is for a mailbox, and example.org is a rendezvous',
    ],
    [
      { transit: '192.0.2.1', invite: '7-velvet-orbit@a.example,b.example' },
      '--transit is for a mailbox, and a.example,b.example is a rendezvous',
    ],
    [{ log: '' }, '--log is empty'],
    [{ send: '' }, '--send is empty'],
    [{ acceptFiles: '' }, '--accept-files is empty'],
    [{ send: 'x', classic: true }, '--classic and --send exclude each other: the old protocol has no files'],
    [
      { proxy: 'http://x', classic: true },
      '--classic and --proxy exclude each other: the server would tell the peer the address of the proxy',
    ],
    [{ proxy: 'http://x', here: '' }, '--here and --proxy exclude each other: a proxy lets nobody in'],
    [
      { acceptFiles: '.', classic: true },
      '--classic and --accept-files exclude each other: the old protocol has no files',
    ],
  ])('refuses %j and names it: %s', (args, message) => {
    let error: unknown;
    try {
      settings({ args });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'ERR_USAGE', exitCode: 2 });
    expect((error as PunchlineError).message).toContain(message);
    // An error without a hint of its own gets one from the command line: the help of its command.
    expect((error as PunchlineError).hint ?? 'help').toMatch(/\S/);
  });

  test.each<Given>([
    { environment: { server: 'a:b:c' } },
    { environment: { code: '7-nonsense-word' } },
    { config: { server: 'a:b:c' } },
    // A bad invite is refused even if an option names another server.
    { args: { server: 'example.org', invite: '7-velvet-orbit@a:b:c' } },
  ])('refuses %j, wherever it comes from', (given) => {
    expect(() => settings(given)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });
});
