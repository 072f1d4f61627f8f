import { describe, expect, test } from 'vitest';
import { SprayBudget } from '../../../../source/connect/punch/plan/spray-budget.ts';

const home = '198.51.100.7';
const elsewhere = '203.0.113.9';

describe('the bursts of a session', () => {
  test('are two, whatever the addresses', () => {
    const budget = new SprayBudget();
    expect(budget.left(home, 0)).toBe(2);
    budget.spend(home, 0);
    expect(budget.left(elsewhere, 0)).toBe(1);
    budget.spend(elsewhere, 0);
    expect([budget.left(home, 1e9), budget.left(elsewhere, 1e9)]).toEqual([0, 0]);
  });

  test('are never more than two at once', () => {
    const budget = new SprayBudget();
    budget.prove(home);
    expect(budget.left(home, 1e9)).toBe(2);
  });

  test('come again for the address that a channel has proven, 30 s after the last one', () => {
    const budget = new SprayBudget();
    budget.spend(home, 1000);
    budget.spend(home, 2000);
    budget.prove(home);
    expect(budget.left(home, 31_999)).toBe(0);
    expect(budget.left(home, 32_000)).toBe(2);
    expect(budget.left(elsewhere, 1e9)).toBe(0);
  });

  test('come again once for each channel', () => {
    const budget = new SprayBudget();
    let spent = 0;
    // An hour of searching after one channel, with each burst that is allowed.
    budget.prove(home);
    for (let now = 0; now < 3_600_000; now += 1000) {
      if (budget.left(home, now) === 0) {
        continue;
      }
      budget.spend(home, now);
      spent += 1;
    }
    expect(spent).toBe(4);
    budget.prove(home);
    expect(budget.left(home, 3_600_000)).toBe(2);
  });

  test('do not move with the peer to an address from which no channel was proven', () => {
    const budget = new SprayBudget();
    budget.spend(home, 0);
    budget.prove(home);
    expect(budget.left(home, 30_000)).toBe(2);
    expect(budget.left(elsewhere, 30_000)).toBe(1);
    budget.spend(elsewhere, 30_000);
    expect(budget.left(elsewhere, 1e9)).toBe(0);
    expect(budget.left(home, 1e9)).toBe(2);
  });

  test('are forgotten for the address that the peer has left', () => {
    const budget = new SprayBudget();
    budget.spend(home, 0);
    budget.spend(home, 0);
    budget.prove(home);
    expect(budget.left(home, 30_000)).toBe(2);
    budget.prove(elsewhere);
    expect(budget.left(home, 30_000)).toBe(0);
    expect(budget.left(elsewhere, 30_000)).toBe(2);
  });
});
