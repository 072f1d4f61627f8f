import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { secureChannel } from '../../../source/connect/session/secure-channel.ts';
import { SmallPackets } from '../../../source/connect/session/small-packets.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';

const PACKET_BYTES = 1208;
const psk = Buffer.alloc(32, 7);

/** Records each write, and passes nothing on. */
class Recorder extends Duplex {
  readonly writes: Buffer[] = [];
  override _read(): void {}
  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(bytes);
    done();
  }
}

describe('what is written', () => {
  test('leaves in small writes, in order, and all of it', async () => {
    const carrier = new Recorder();
    const small = new SmallPackets(carrier);
    const bytes = randomBytes(5 * PACKET_BYTES + 1);
    small.write(bytes.subarray(0, 100));
    small.end(bytes.subarray(100));
    await once(carrier, 'finish');
    expect(carrier.writes.map(({ length }) => length)).toEqual([
      100,
      ...Array.from({ length: 4 }, () => PACKET_BYTES),
      bytes.length - 100 - 4 * PACKET_BYTES,
    ]);
    expect(Buffer.concat(carrier.writes)).toEqual(bytes);
    small.destroy();
  });

  test('leaves whole once it may', async () => {
    const carrier = new Recorder();
    const small = new SmallPackets(carrier);
    small.sendWhole();
    const bytes = randomBytes(10_000);
    small.end(bytes);
    await once(carrier, 'finish');
    expect(carrier.writes).toEqual([bytes]);
    small.destroy();
  });
});

describe('over a real connection', () => {
  test('bytes go both ways, and an end comes after them', async () => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    const [one, other] = [new SmallPackets(dialled), new SmallPackets(accepted)];
    const sent = [randomBytes(20_000), randomBytes(30_000)] as const;
    const written = new Promise((resolve) => void other.write(sent[1], resolve));
    one.write(sent[0]);
    const first = buffer(one);
    await written;
    // A socket that has read the end sends nothing more.
    one.end();
    expect(await buffer(other)).toEqual(sent[0]);
    other.end();
    expect(await first).toEqual(sent[1]);
  });

  test('a handshake is no longer than small packets, and proves the same', async () => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    const { signal } = new AbortController();
    const written = vi.spyOn(dialled, 'write');
    const common = { psk, signal, smallPackets: 'always' } as const;
    const [client, server] = await Promise.all([
      secureChannel(dialled, { ...common, role: 'a' }),
      secureChannel(accepted, { ...common, role: 'b' }),
    ]);
    expect(client.verification).toEqual(server.verification);
    const lengths = written.mock.calls.map(([bytes]) => bytes.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(PACKET_BYTES);
    const bytes = randomBytes(50_000);
    client.socket.end(bytes);
    expect(await buffer(server.socket)).toEqual(bytes);
    expect(Math.max(...written.mock.calls.map(([slice]) => slice.length))).toBe(PACKET_BYTES);
    server.socket.end();
    await once(client.socket.resume(), 'close');
  });

  test('a carrier that breaks breaks what it carries', async () => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    const small = new SmallPackets(dialled);
    small.resume();
    accepted.resetAndDestroy();
    await expect(once(small, 'close')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(dialled.destroyed).toBe(true);
  });

  test('what is destroyed takes its carrier along, and writes no more', async () => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    const small = new SmallPackets(dialled);
    small.write(randomBytes(100 * PACKET_BYTES));
    small.destroy();
    accepted.resume();
    await once(accepted, 'close');
    expect(accepted.bytesRead).toBeLessThan(100 * PACKET_BYTES);
  });
});
