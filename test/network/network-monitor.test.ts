import { expect, onTestFinished, test, vi } from 'vitest';
import { monitorNetwork } from '../../source/network/network-monitor.ts';
import { eventually } from '../helpers/eventually.ts';

/** A monitor with a clock and addresses that the test sets, and the number of its looks. */
function monitored() {
  const world = { aheadMs: 0, addresses: ['192.0.2.1', '2001:db8::1'], looks: 0 };
  const onChange = vi.fn<() => void>();
  const stop = monitorNetwork(onChange, {
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

test('a sleep of the machine is reported once, although the monotonic clock stood still', async () => {
  const { world, onChange, look } = monitored();
  world.aheadMs = 30_000;
  await look();
  expect(onChange).toHaveBeenCalledTimes(1);
  await look();
  expect(onChange).toHaveBeenCalledTimes(1);
});

test('a new address is reported, and so is one that is gone', async () => {
  const { world, onChange, look } = monitored();
  world.addresses = ['192.0.2.1', '2001:db8::1', '192.0.2.2'];
  await look();
  expect(onChange).toHaveBeenCalledTimes(1);
  world.addresses = ['2001:db8::1', '192.0.2.2'];
  await look();
  expect(onChange).toHaveBeenCalledTimes(2);
});

test('nothing is reported while nothing changes, whatever the order of the addresses', async () => {
  const { world, onChange, look } = monitored();
  await look();
  world.addresses = world.addresses.toReversed();
  await look();
  // A clock that was set back does not mean that the machine slept.
  world.aheadMs = -30_000;
  await look();
  expect(onChange).not.toHaveBeenCalled();
});
