import { describe, expect, test, vi } from 'vitest';
import { formatMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { silentLog } from '../../../source/server/log.ts';
import { eventually } from '../../helpers/eventually.ts';
import { base64url, joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { binaryHeader, textHeader } from '../../helpers/servers/proxy-headers.ts';

const client = { address: '203.0.113.7', port: 4711, destination: '198.51.100.1', destinationPort: 8877 };
const trusting = { proxyProtocol: ['127.0.0.0/8'] };

describe.each([
  ['version 1', textHeader(client)],
  ['version 2', binaryHeader(client, Buffer.from([4, 0, 1, 0]))],
])('behind a balancer that speaks %s', (_, header) => {
  test('a client is seen at the endpoint in the header, also at the probe port', async () => {
    const server = await TestServer.start(trusting);
    const balanced = await server.connect();
    const probeToken = base64url(16);
    const join = joinMessage({ number: 1000, probeToken });
    // The header comes in two pieces, and the first line comes with the second one.
    balanced.socket.write(header.subarray(0, 9));
    const probe = await server.probe();
    probe.socket.write(
      Buffer.concat([header, Buffer.from(formatMessage({ t: 'probe', token: probeToken }))]),
    );
    await probe.until('observed');
    balanced.socket.write(Buffer.concat([header.subarray(9), Buffer.from(formatMessage(join))]));
    const { address, port } = client;
    expect(await balanced.expect('waiting')).toMatchObject({ you: { address, port, probePort: port } });
  });

  test('a silent classic client is told to its peer with the endpoint in the header', async () => {
    const server = await TestServer.start(trusting, { classicSilenceMs: 20 });
    const first = await server.connect();
    first.socket.write(header);
    await first.until('first\n\0');
    const second = await server.connect();
    second.socket.write(header);
    await second.until('\n\0');
    expect(second.text).toBe('203.0.113.7 4711 4711\n\0');
  });
});

describe('a balancer', () => {
  test.each([
    ['sends none', '{"t":"ping"}\n', 'no PROXY header'],
    ['sends half of one', 'PROXY TCP4 192.0', 'no PROXY header within 50 ms'],
    ['says nothing', '', 'no PROXY header within 50 ms'],
    ['lies', 'PROXY TCP4 ::1 ::1 1 2\r\n', 'a PROXY line that is none of TCP4, TCP6 or UNKNOWN'],
  ])('that %s is closed, with a line in the log', async (_, bytes, reason) => {
    const warn = vi.fn<(fields: object | string, message?: string) => void>();
    const server = await TestServer.start(
      { ...trusting, logger: { ...silentLog, warn } },
      { firstLineMs: 50 },
    );
    const balanced = await server.connect();
    balanced.socket.write(bytes);
    await balanced.closed;
    expect(balanced.text).toBe('');
    expect(warn).toHaveBeenCalledWith({ from: '127.0.0.x', reason }, 'a proxy was closed');
  });

  test('that closes within its header is closed, too', async () => {
    const warn = vi.fn<(fields: object | string, message?: string) => void>();
    const server = await TestServer.start({ ...trusting, logger: { ...silentLog, warn } });
    const balanced = await server.connect();
    balanced.socket.end('PROXY ');
    await balanced.closed;
    await eventually(() => expect(warn).toHaveBeenCalled());
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ reason: 'ended within its PROXY header' });
  });

  test('that checks the health of the server (LOCAL) is a client like any other', async () => {
    const server = await TestServer.start(trusting);
    const check = await server.connect();
    check.socket.write('PROXY UNKNOWN\r\n');
    check.send({ t: 'observe', v: 1 });
    expect(await check.expect('observed')).toMatchObject({ you: { address: '127.0.0.1', port: check.port } });
  });

  test('that is not trusted has sent a bad first line and is closed', async () => {
    const server = await TestServer.start({ proxyProtocol: ['192.0.2.0/24'] });
    const stranger = await server.connect();
    stranger.socket.write(textHeader(client));
    expect(await stranger.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
  });
});
