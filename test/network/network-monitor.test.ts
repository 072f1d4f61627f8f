import { expect, onTestFinished, test, vi } from 'vitest';
import { watchSurroundings } from '../../source/network/network-monitor.ts';
import { eventually } from '../helpers/eventually.ts';

/** Surroundings in our hands, and how often they were looked at. */
function surroundings() {
  const world = { aheadMs: 0, addresses: ['192.0.2.1', '2001:db8::1'], looks: 0 };
  const onChange = vi.fn<() => void>();
  const stop = watchSurroundings(onChange, {
    now: () => Date.now() + world.aheadMs,
    addresses: () => {
      world.looks += 1;
      return world.addresses;
    },
  });
  onTestFinished(stop);
  async function look() {
    const { looks } = world;
    await eventually(() => expect(world.looks).toBeGreaterThan(looks));
  }
  return { world, onChange, look };
}

test('a sleep of the machine is told once, though the monotonic clock stood still', async () => {
  const { world, onChange, look } = surroundings();
  world.aheadMs = 30_000;
  await look();
  expect(onChange).toHaveBeenCalledTimes(1);
  await look();
  expect(onChange).toHaveBeenCalledTimes(1);
});

test('another address is told, and one that is gone', async () => {
  const { world, onChange, look } = surroundings();
  world.addresses = ['192.0.2.1', '2001:db8::1', '192.0.2.2'];
  await look();
  expect(onChange).toHaveBeenCalledTimes(1);
  world.addresses = ['2001:db8::1', '192.0.2.2'];
  await look();
  expect(onChange).toHaveBeenCalledTimes(2);
});

test('nothing is told while nothing changes, in whatever order the addresses come', async () => {
  const { world, onChange, look } = surroundings();
  await look();
  world.addresses = world.addresses.toReversed();
  await look();
  // A clock that goes back has not slept.
  world.aheadMs = -30_000;
  await look();
  expect(onChange).not.toHaveBeenCalled();
});
