import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  endings,
  partingOf,
  type EndingEffect,
  type EndingEvent,
  type EndingState,
  type EndingStep,
} from '../../source/connect/ending.ts';

const states = Object.keys(endings) as EndingState[];
const events = Object.keys(endings.waiting) as EndingEvent[];

/** The events of a state that do the same, with what they do. */
function groupsOf(state: EndingState): { readonly names: string; readonly step: EndingStep }[] {
  const groups = Map.groupBy(events, (event) => JSON.stringify(endings[state][event]));
  return [...groups.values()].map((some) => ({ names: some.join(', '), step: endings[state][some[0]!] }));
}

function printDiagram(): string {
  const arrows = states.flatMap((state) =>
    groupsOf(state)
      .filter(({ step }) => step.why === undefined)
      .map(({ names, step }) => {
        const effects = step.effects.length === 0 ? '' : ` / ${step.effects.join(', ')}`;
        return `  ${state} --> ${step.state}: ${names}${effects}`;
      }),
  );
  return ['stateDiagram-v2', '  [*] --> waiting', ...arrows, '  closed --> [*]'].join('\n');
}

function printPassedOver(): string {
  return states
    .flatMap((state) =>
      groupsOf(state)
        .filter(({ step }) => step.why !== undefined)
        .map(({ names, step }) => `- \`${state}\` passes over ${names}, because ${step.why}.`),
    )
    .join('\n');
}

interface Run {
  readonly state: EndingState;
  readonly effects: readonly EndingEffect[];
}

function run(from: EndingState, happened: readonly EndingEvent[]): Run {
  return happened.reduce<Run>(
    ({ state, effects }, event) => {
      const step = endings[state][event];
      return { state: step.state, effects: [...effects, ...step.effects] };
    },
    { state: from, effects: [] },
  );
}

/** What comes by itself, sooner or later, in a state that somebody has asked to end. */
const due: Partial<Record<EndingState, readonly EndingEvent[]>> = {
  leaving: ['partedByUs', 'partedByPeer', 'peerFailed', 'destroyed'],
  flushing: ['arrived', 'partedByPeer', 'peerFailed', 'destroyed'],
  closing: ['partedByUs', 'partedByPeer', 'peerFailed', 'destroyed'],
  parted: ['done', 'destroyed'],
};

/** The states in which it comes to rest when nobody asks for anything more. */
function restsOf(state: EndingState): EndingState[] {
  const next = due[state]?.map((event) => endings[state][event].state);
  return next === undefined ? [state] : [...new Set(next.flatMap(restsOf))];
}

function count(effects: readonly EndingEffect[], effect: EndingEffect): number {
  return effects.filter((one) => one === effect).length;
}

const anyState = fc.constantFrom(...states);
const anyEvents = fc.array(fc.constantFrom(...events), { maxLength: 40 });

test('the page shows the table', () => {
  const page = readFileSync(new URL('../../source/connect/ending.md', import.meta.url), 'utf8');
  const [, diagram] = /^```mermaid\n(.*?)\n```$/ms.exec(page) ?? [];
  expect(diagram).toBe(printDiagram());
  expect(
    page
      .split('\n')
      .filter((line) => line.startsWith('- `'))
      .join('\n'),
  ).toBe(printPassedOver());
});

describe('a connection that ends', () => {
  test('ends for good as soon as it is destroyed, unless what was written is still on its way', () => {
    const ends = states.map((state) => [endings[state].destroyed.state, endings[state].done.state]);
    expect(ends).toEqual([
      ['closed', 'closed'],
      ['closed', 'flushing'],
      ['closed', 'closing'],
      ['closed', 'flushing'],
      ['closed', 'closing'],
      ['closed', 'closed'],
      ['closed', 'closed'],
    ]);
  });

  test('ends by itself as soon as anybody has asked for it', () => {
    expect(states.map((state) => [state, restsOf(state)])).toEqual([
      ['waiting', ['waiting']],
      ['open', ['open']],
      ['leaving', ['closed']],
      ['flushing', ['closed']],
      ['closing', ['closed']],
      ['parted', ['closed']],
      ['closed', ['closed']],
    ]);
    const asking: readonly EndingEvent[] = ['leave', 'leaveNow', 'done', 'destroyed'];
    fc.assert(
      fc.property(anyState, anyEvents, fc.constantFrom(...asking), anyEvents, (from, some, asked, more) => {
        const { state } = run(from, [...some, asked, ...more]);
        expect(restsOf(state)).toEqual(['closed']);
      }),
    );
  });

  test('says goodbye to the peer once, and tells it once', () => {
    fc.assert(
      fc.property(anyState, anyEvents, (from, happened) => {
        const { effects } = run(from, happened);
        expect(count(effects, 'sayGoodbye')).toBeLessThanOrEqual(1);
        expect(count(effects, 'tellGoodbye')).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('says nothing to a peer that it does not have, nor to one that has left', () => {
    fc.assert(
      fc.property(
        anyEvents,
        anyEvents,
        fc.constantFrom<EndingState>('waiting', 'parted'),
        (some, more, from) => {
          const happened = [...some, ...more].filter((event) => event !== 'connected');
          const { effects } = run(from, happened);
          expect(effects).not.toContain('sayGoodbye');
          expect(effects).not.toContain('waitNoLonger');
        },
      ),
    );
  });

  test('tells no goodbye of a peer that failed', () => {
    fc.assert(
      fc.property(anyEvents, anyEvents, (some, more) => {
        const before = run('open', some);
        fc.pre(!['parted', 'closed'].includes(before.state));
        expect(run(before.state, ['peerFailed', ...more]).effects).not.toContain('tellGoodbye');
      }),
    );
  });

  test('stops all that goes on, and then releases all that it holds, once and last', () => {
    fc.assert(
      fc.property(anyEvents, (happened) => {
        const { state, effects } = run('waiting', [...happened, 'destroyed']);
        expect(state).toBe('closed');
        expect(effects.at(-1)).toBe('release');
        expect(count(effects, 'release')).toBe(1);
        expect(count(effects, 'stop')).toBe(1);
        expect(run(state, happened).effects).toEqual([]);
      }),
    );
  });

  test('gives every pair of state and event that changes nothing a reason, and no other', () => {
    for (const state of states) {
      for (const event of events) {
        const step = endings[state][event];
        const isIdle = step.state === state && step.effects.length === 0;
        expect([state, event, step.why !== undefined]).toEqual([state, event, isIdle]);
      }
    }
  });
});

test.each([
  ['us', 'quit', true, 'partedByUs'],
  ['us', 'protocol', false, 'partedByUs'],
  ['us', 'gave-up', false, 'partedByUs'],
  ['peer', 'quit', true, 'partedByPeer'],
  ['peer', 'quit', false, 'partedByPeer'],
  ['peer', 'gave-up', true, 'partedByPeer'],
  ['peer', 'gave-up', false, 'peerFailed'],
  ['peer', 'protocol', true, 'peerFailed'],
  ['peer', 'protocol', false, 'peerFailed'],
] as const)('a goodbye by %s, %s, with all arrived: %j, is %s', (by, reason, isWhole, event) => {
  expect(partingOf(by, reason, isWhole)).toBe(event);
});
