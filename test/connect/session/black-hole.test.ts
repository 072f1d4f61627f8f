import { describe, expect, test } from 'vitest';
import { BlackHoleDetection } from '../../../source/connect/session/black-hole.ts';

/** A channel that carried a few small messages, and then nothing of something larger. */
const stuck = { arrived: 900, underWay: 49_152 };
const cut = { arrived: 200_000, underWay: 49_152 };
const idle = { arrived: 0, underWay: 80 };

describe('a handshake', () => {
  test('that stalls makes full packets suspect, until one succeeds', () => {
    const blackHole = new BlackHoleDetection();
    expect(blackHole.isSuspected).toBe(false);
    blackHole.handshakeStalled();
    expect(blackHole.isSuspected).toBe(true);
    blackHole.handshakeSucceeded();
    expect(blackHole.isSuspected).toBe(false);
  });
});

describe('channels that become silent', () => {
  test.each([
    ['one that was stuck', [stuck], false],
    ['two in a row that were stuck', [stuck, stuck], true],
    ['any number with little to send', [idle, idle, idle], false],
    ['any number that had carried much', [cut, cut, cut], false],
    ['two that were stuck, with one that was not between them', [stuck, cut, stuck], false],
    ['two that were stuck, with an idle one between them', [stuck, idle, stuck], true],
  ])('%s', (_, channels, isSuspected) => {
    const blackHole = new BlackHoleDetection();
    for (const carried of channels) {
      blackHole.channelSuspect(carried);
    }
    expect(blackHole.isSuspected).toBe(isSuspected);
  });

  test('one that carries again was not stuck', () => {
    const blackHole = new BlackHoleDetection();
    blackHole.channelSuspect(stuck);
    blackHole.channelRevived();
    blackHole.channelSuspect(stuck);
    expect(blackHole.isSuspected).toBe(false);
  });

  test('small packets stay for the session, whatever they carry', () => {
    const blackHole = new BlackHoleDetection();
    blackHole.channelSuspect(stuck);
    blackHole.channelSuspect(stuck);
    blackHole.channelSuspect(cut);
    blackHole.channelRevived();
    blackHole.handshakeSucceeded();
    expect(blackHole.isSuspected).toBe(true);
  });
});
