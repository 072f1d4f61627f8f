import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, SEGMENT_BYTES } from '../../../source/connect/session/wire/frames.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import type { Session } from '../../../source/connect/session/session.ts';
import { eventually } from '../../helpers/eventually.ts';
import { faultyPair } from '../../helpers/sessions/faulty-duplex.ts';
import { listeningSession } from '../../helpers/sessions/listening-session.ts';
import { aTurn, faults, resumeBoth, smooth } from '../../helpers/sessions/moving-sessions.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';

function bytesFrom(start: number, length: number) {
  return Uint8Array.from({ length }, (_, n) => ((start + n) * 31) % 251);
}

/** A session that has a stream of files, and what it has read of that. */
function withFiles() {
  const side = listeningSession();
  const read: Uint8Array[] = [];
  side.session.files.open();
  side.session.files.listen({
    onData: (bytes) => {
      read.push(Uint8Array.from(bytes));
      side.session.files.consumed(bytes.length);
    },
    onAcknowledged: () => undefined,
  });
  return { ...side, readFile: () => Buffer.concat(read) };
}

function attach(a: Session, b: Session, there = smooth, back = smooth) {
  const [one, other] = faultyPair(there, back);
  a.attach(new FrameLink(one));
  b.attach(new FrameLink(other));
  return [one, other] as const;
}

describe('the stream of files', () => {
  test('arrives whole beside the main one, over any channels and their changes', async () => {
    const arrives = fc.asyncProperty(
      faults,
      faults,
      fc.array(fc.tuple(fc.nat(40_000), fc.nat(3000), fc.boolean()), { minLength: 1, maxLength: 5 }),
      async (there, back, writes) => {
        const [a, b] = [withFiles(), withFiles()];
        attach(a.session, b.session, there, back);
        let files = 0;
        let main = 0;
        for (const [ofFile, ofMain, isCut] of writes) {
          a.session.files.write(bytesFrom(files, ofFile));
          a.session.write(bytesFrom(main, ofMain));
          files += ofFile;
          main += ofMain;
          await aTurn();
          if (isCut) {
            resumeBoth(a.session, b.session, there, back);
          }
        }
        await eventually(() => expect(a.session.files.delivered && a.session.delivered).toBe(true));
        expect(b.readFile().equals(bytesFrom(0, files))).toBe(true);
        expect(b.read().equals(bytesFrom(0, main))).toBe(true);
        a.session.destroy();
        b.session.destroy();
      },
    );
    await fc.assert(arrives, { numRuns: 30 });
  });

  test('sends at most 64 KiB before a message that is written behind megabytes of it, if the line is not measured yet', async () => {
    const [ours, theirs] = await socketPair();
    const a = withFiles();
    a.session.attach(new FrameLink(ours));
    const chunks: Buffer[] = [];
    theirs.on('data', (chunk: Buffer) => chunks.push(chunk));
    theirs.on('error', () => undefined);
    theirs.resume();
    a.session.files.write(new Uint8Array(3_000_000));
    a.session.write(Buffer.from('overtakes'));
    await eventually(() => expect(Buffer.concat(chunks).includes('overtakes')).toBe(true));
    const header = encodeFrame({ type: 'data', offset: 0, bytes: Buffer.from('overtakes') });
    expect(Buffer.concat(chunks).indexOf(header)).toBeLessThanOrEqual(64 * 1024 + 100);
  });

  test('is sent in whole segments as long as more of it is to come', async () => {
    const [a, b] = [withFiles(), withFiles()];
    attach(a.session, b.session);
    a.session.files.goesOn = true;
    a.session.files.write(bytesFrom(0, SEGMENT_BYTES + 100));
    await eventually(() => expect(b.readFile()).toHaveLength(SEGMENT_BYTES));
    await aTurn();
    expect(b.readFile()).toHaveLength(SEGMENT_BYTES);
    a.session.files.goesOn = false;
    a.session.files.write(bytesFrom(SEGMENT_BYTES + 100, 1));
    await eventually(() => expect(b.readFile()).toHaveLength(SEGMENT_BYTES + 101));
  });

  test('has no room while it keeps twice as much as may be under way', () => {
    const { session } = withFiles();
    expect(session.files.hasRoom).toBe(true);
    session.files.write(new Uint8Array(96 * 1024 - 1));
    expect(session.files.hasRoom).toBe(true);
    session.files.write(new Uint8Array(1));
    expect(session.files.hasRoom).toBe(false);
  });

  test('does not delay a goodbye, and follows none', async () => {
    const [a, b] = [withFiles(), withFiles()];
    attach(a.session, b.session);
    a.session.files.write(new Uint8Array(1_000_000));
    a.session.write(Buffer.from('the last words'));
    a.session.close('quit');
    await eventually(() => expect(b.said).toEqual(['closed by peer']));
    expect(b.read().toString()).toBe('the last words');
    expect(b.readFile().length).toBeLessThan(1_000_000);
  });

  test('is closed to a peer that does not know it: no frame of it is sent, on any channel', async () => {
    const [a, b] = [listeningSession(), withFiles()];
    resumeBoth(a.session, b.session);
    a.session.write(Buffer.from('hello'));
    await eventually(() => expect(b.read().toString()).toBe('hello'));
    expect(a.session.files.isOpen).toBe(true);
    const [c, d] = [listeningSession(), listeningSession()];
    resumeBoth(c.session, d.session);
    c.session.write(Buffer.from('hello'));
    await eventually(() => expect(d.read().toString()).toBe('hello'));
    expect([c.session.files.isOpen, d.session.files.isOpen]).toEqual([false, false]);
  });

  test.each([
    ['leaves a gap', encodeFrame({ type: 'file-data', offset: 1, bytes: Buffer.from('x') })],
    ['acknowledges what was never sent', encodeFrame({ type: 'file-ack', received: 1, limit: 2 ** 30 })],
  ])('ends the session of a peer that %s there', async (_, bytes) => {
    const a = withFiles();
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    other.write(bytes);
    await eventually(() => expect(a.said).toEqual([expect.stringMatching(/^failed: /)]));
  });
});
