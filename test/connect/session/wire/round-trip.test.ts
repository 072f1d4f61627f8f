import { describe, expect, test } from 'vitest';
import { RoundTrip } from '../../../../source/connect/session/wire/round-trip.ts';

describe('RoundTrip', () => {
  test('knows nothing before the first answer', () => {
    const trip = new RoundTrip();
    trip.ping(0);
    trip.sent(10, 0);
    expect(trip.ms).toBeUndefined();
  });

  test('takes the first answer as it is, moves by an eighth for a longer one, and at once for a shorter one', () => {
    const trip = new RoundTrip();
    trip.ponged(trip.ping(100), 180);
    expect(trip.ms).toBe(80);
    trip.ponged(trip.ping(200), 360);
    expect(trip.ms).toBe(90);
    trip.ponged(trip.ping(400), 401);
    expect(trip.ms).toBe(1);
  });

  test('ignores an answer to an earlier ping or to no ping, and a second answer to one', () => {
    const trip = new RoundTrip();
    trip.ponged(0, 5);
    const first = trip.ping(0);
    const second = trip.ping(50);
    trip.ponged(first, 60);
    trip.ponged(99, 60);
    expect(trip.ms).toBeUndefined();
    trip.ponged(second, 70);
    trip.ponged(second, 1000);
    expect(trip.ms).toBe(20);
  });

  test('measures from the sending of data to the ack of its last byte', () => {
    const trip = new RoundTrip();
    trip.sent(10, 0);
    trip.sent(20, 50);
    trip.acknowledged(9, 60);
    expect(trip.ms).toBeUndefined();
    trip.acknowledged(20, 70);
    expect(trip.ms).toBe(70);
    trip.acknowledged(30, 500);
    expect(trip.ms).toBe(70);
  });

  test('keeps the value of the earlier channel until the first answer on the new one, which counts as it is', () => {
    const trip = new RoundTrip();
    const before = trip.ping(0);
    trip.sent(10, 0);
    trip.acknowledged(10, 40);
    trip.sent(20, 50);
    trip.restart();
    trip.ponged(before, 9000);
    trip.acknowledged(20, 9000);
    expect(trip.ms).toBe(40);
    trip.ponged(trip.ping(9000), 9200);
    expect(trip.ms).toBe(200);
  });

  test('ignores the answer to a ping that it was told to forget', () => {
    const trip = new RoundTrip();
    trip.sent(10, 0);
    const id = trip.ping(0);
    trip.forget();
    trip.acknowledged(10, 9000);
    trip.ponged(id, 9000);
    expect(trip.ms).toBeUndefined();
  });
});
