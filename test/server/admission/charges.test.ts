import { expect, test } from 'vitest';
import { Charges } from '../../../source/server/admission/charges.ts';
import { sharesOf } from '../../../source/server/admission/shares.ts';

const one = sharesOf('192.0.2.1');
const limits = { windowMs: 1000, perAddress: 3 };

test('each charge counts for a window of its own, and until then the share is full', () => {
  const charges = new Charges(limits);
  for (const now of [0, 100, 200]) {
    expect(charges.full(one, 3, now)).toBeUndefined();
    charges.charge(one, now);
  }
  expect(charges.full(one, 3, 300)).toEqual({ share: one[0], limit: 3, comeAgainMs: 700 });
  expect(charges.full(one, 2, 300)).toMatchObject({ comeAgainMs: 800 });
  expect(charges.full(sharesOf('192.0.2.2'), 3, 300)).toBeUndefined();
  expect(charges.full(one, 3, 1000)).toBeUndefined();
  expect(charges.full(one, 2, 1099)).toMatchObject({ comeAgainMs: 1 });
});

test('a charge is given back only once', () => {
  const charges = new Charges(limits);
  const [first] = [charges.charge(one, 0), charges.charge(one, 0), charges.charge(one, 0)];
  for (let n = 0; n < 3; n += 1) {
    first.giveBack();
  }
  expect(charges.full(one, 2, 0)).toBeDefined();
  expect(charges.full(one, 3, 0)).toBeUndefined();
});

test('an expired charge gives nothing back', () => {
  const charges = new Charges(limits);
  const old = charges.charge(one, 0);
  charges.charge(one, 1500);
  old.giveBack();
  expect(charges.full(one, 1, 1500)).toBeDefined();
});

test('a share is remembered up to its limit, and forgotten once its charges have expired', () => {
  const charges = new Charges(limits);
  for (let n = 0; n < 100; n += 1) {
    charges.charge(one, 0);
  }
  expect(charges.full(one, 3, 0)).toBeDefined();
  for (let n = 0; n < 100; n += 1) {
    charges.charge(sharesOf(`198.51.100.${n}`), 500 + n);
  }
  expect(charges.size).toBe(101);
  charges.charge(one, 1550).giveBack();
  expect(charges.size).toBe(49);
});

test('an IPv6 address is charged with its network, too', () => {
  const charges = new Charges(limits);
  const given = charges.charge(sharesOf('2001:db8:1:0::1'), 0);
  for (let n = 1; n < 12; n += 1) {
    charges.charge(sharesOf(`2001:db8:1:${n}::1`), 0);
  }
  const other = sharesOf('2001:db8:1:99::1');
  expect(charges.full(other, 3, 0)).toEqual({ share: other[1], limit: 12, comeAgainMs: 1000 });
  given.giveBack();
  expect(charges.full(other, 3, 0)).toBeUndefined();
});

test('a connection without shares is not charged', () => {
  const charges = new Charges(limits);
  for (let n = 0; n < 100; n += 1) {
    charges.charge([], 0);
  }
  expect([charges.full([], 3, 0), charges.size]).toEqual([undefined, 0]);
});
