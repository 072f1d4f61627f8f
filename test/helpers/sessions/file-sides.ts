/** Two sides that send files to each other, over sessions that the test connects, cuts and connects again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createFileDecoder } from '../../../source/connect/files/wire/file-decoder.ts';
import { encodeFileMessage, type FileMessage } from '../../../source/connect/files/wire/file-messages.ts';
import type { FileEvent, RefusedEvent } from '../../../source/events.ts';
import { Files, type FileOffer } from '../../../source/connect/files/files.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { eventually, Heard } from '../eventually.ts';
import { faultyPair } from './faulty-duplex.ts';
import { listeningSession } from './listening-session.ts';

/** Makes a new folder, which is removed with the test. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Hardly any network, so that only the program takes time. */
export const fast = { sizes: [64 * 1024], turns: [0], bufferBytes: 64 * 1024 };

export interface FileSide extends ReturnType<typeof listeningSession> {
  readonly files: Files;
  readonly events: FileEvent[];
  /** For each report of refused offers, their number. */
  readonly refused: number[];
  readonly offers: FileOffer[];
  /** Called for each offer as it comes. */
  answerWith: ((offer: FileOffer) => void) | undefined;
  /** The default folder for received files. */
  readonly folder: string;
  /** The states so far, without progress. */
  states(id: string): string[];
  /** Resolves with the event that ends the file, or with the first in this state. */
  until(id: string, state: FileEvent['state']): Promise<FileEvent>;
}

/**
 * @param folder the folder for received files; by default a new one
 *
 * @param keepsHidden whether hidden names are kept by default
 */
export function fileSide(folder = aFolder(), keepsHidden?: boolean): FileSide {
  const { session, said, read } = listeningSession();
  const events = new Heard<FileEvent>();
  const refused: number[] = [];
  const offers: FileOffer[] = [];
  const listener = {
    onEvent: (event: FileEvent | RefusedEvent) => {
      if (event.event === 'file') {
        events.add(event);
      } else {
        refused.push(event.offers);
      }
    },
    onOffer: (offer: FileOffer) => {
      offers.push(offer);
      side.answerWith?.(offer);
      return true;
    },
    onChange: () => undefined,
  };
  const files = new Files(session.files, folder, listener, keepsHidden);
  onTestFinished(() => files.end('the test is over'));
  const side: FileSide = {
    session,
    said,
    read,
    answerWith: undefined,
    files,
    events: events.all,
    refused,
    offers,
    folder,
    states: (id) =>
      events.all.filter((event) => event.id === id && event.state !== 'progress').map(({ state }) => state),
    until: (id, state) => events.first((event) => event.id === id && event.state === state),
  };
  return side;
}

/** @param options `takesSkips`: whether each of them is told that the other one understands skipped files. */
export function connectSides(a: FileSide, b: FileSide, { takesSkips = true } = {}) {
  const streams = faultyPair(fast, fast);
  a.session.attach(new FrameLink(streams[0]));
  b.session.attach(new FrameLink(streams[1]));
  a.files.begin(true, takesSkips);
  b.files.begin(true, takesSkips);
  return streams;
}

/** Two connected sides. */
export function connectedSides(): [FileSide, FileSide] {
  const [a, b] = [fileSide(), fileSide()];
  connectSides(a, b);
  return [a, b];
}

/** Resolves with the peer's offer number `n`, by default the first. */
export function offerTo(side: FileSide, n = 1): Promise<FileOffer> {
  return eventually(() => {
    const offer = side.offers[n - 1];
    if (offer === undefined) {
      throw new Error('no offer');
    }
    return offer;
  });
}

/** A side with this folder or a new one, and a peer whose messages the test writes. */
export function sideAndStranger(folder?: string) {
  const side = fileSide(folder);
  const stranger = listeningSession();
  const heard: FileMessage[] = [];
  const decoder = createFileDecoder();
  stranger.session.files.open();
  stranger.session.files.listen({
    onData: (bytes) => {
      // The messages may be views into a buffer that is reused.
      heard.push(...decoder.push(Uint8Array.from(bytes)));
      stranger.session.files.consumed(bytes.length);
    },
    onAcknowledged: () => undefined,
  });
  const streams = faultyPair(fast, fast);
  side.session.attach(new FrameLink(streams[0]));
  stranger.session.attach(new FrameLink(streams[1]));
  side.files.begin(true, true);
  function say(...messages: readonly FileMessage[]) {
    for (const message of messages) {
      stranger.session.files.write(encodeFileMessage(message));
    }
  }
  return { side, stranger, heard, say };
}

/** Expects that chat messages still arrive. */
export async function expectTalk(
  a: Pick<FileSide, 'session' | 'read'>,
  b: Pick<FileSide, 'session' | 'read'>,
) {
  const before = b.read().length;
  a.session.write(Buffer.from('still here'));
  await eventually(() => expect(b.read().subarray(before).toString()).toBe('still here'));
}
