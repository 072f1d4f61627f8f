import { describe, expect, test } from 'vitest';
import { defects } from '../../../source/workshop/client-check/verdict/defects.ts';
import { verdictOf } from '../../../source/workshop/client-check/verdict/client-verdict.ts';
import { ended, ports, rendezvous, TrialStory } from '../../helpers/clients/trial-story.ts';

const stopped = {
  kind: 'stopped',
  place: 'bob.router',
  reason: 'nobody inside has contacted this endpoint',
} as const;
const nowhere = { listened: new Set<number>() };

/** A verdict with these words in its evidence, in this order. */
function told(defect: keyof typeof defects, host: string, ...texts: string[]): object {
  const words = texts.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { defect, host, evidence: expect.stringMatching(new RegExp(words.join('.*'), 's')) as string };
}

const heard = { stdout: 'recv message: Hello, world\n' };

test('a trial has passed if the greeting of the first comes out of the second, however it came there', () => {
  const story = new TrialStory().paired().dials('first', 0, { from: 4321 }).says('first', 100, 14);
  expect(verdictOf(story.evidence({ second: heard }))).toBeUndefined();
});

test('a greeting that did not come from the first does not count', () => {
  const story = new TrialStory().paired().dials('first', 0, { from: 4321, fate: stopped });
  expect(verdictOf(story.evidence({ second: heard }))).toMatchObject({ defect: 'fresh-port' });
});

describe('a client that', () => {
  test('sends no SYN to the server does not reach it', () => {
    const evidence = new TrialStory().evidence({
      first: { end: ended(0, 127), stderr: 'sh: 1: ./client: not found\n' },
    });
    expect(verdictOf(evidence)).toMatchObject(
      told('never-met', 'alice', 'exit code 127', './client: not found'),
    );
  });

  test('cannot bind its port is known by the words of the system', () => {
    const story = new TrialStory().paired();
    const stderr = 'bind: Address already in use\n';
    expect(verdictOf(story.evidence({ second: { stderr, end: ended(1, 1) } }))).toMatchObject(
      told('port-in-use', 'bob', 'Address already'),
    );
  });

  test('sends bytes to the server is not taken for a classic one', () => {
    const story = new TrialStory().met('first', 0).met('second', 100);
    story.sends('first', 200, { to: rendezvous, flags: 'PA', length: 6 });
    expect(verdictOf(story.evidence())).toMatchObject(told('spoke-first', 'alice', '6 bytes'));
  });

  test('ends its connection to the server before the peer is named leaves early', () => {
    const story = new TrialStory().met('first', 0).greeted('first', 1000, 7).met('second', 1500);
    story.sends('first', 1010, { to: rendezvous, flags: 'FA' });
    expect(verdictOf(story.evidence({ first: { end: ended(1010, 0) } }))).toMatchObject(
      told('left-early', 'alice', 'exit code 0'),
    );
  });

  test('swaps the bytes of the port dials another endpoint', () => {
    const story = new TrialStory().paired();
    const swapped = (ports.second % 256) * 256 + (ports.second >> 8);
    story.dials('first', 0, { to: `50.0.2.2:${swapped}`, fate: stopped });
    expect(verdictOf(story.evidence())).toMatchObject(
      told('wrong-endpoint', 'alice', `50.0.2.2:${swapped}`, '50.0.2.2:5000', 'swapped'),
    );
  });

  test('dials from another port than that of its connection to the server dials from a fresh port', () => {
    const story = new TrialStory(10_000).paired();
    story.dials('first', 0, { from: 55_214, fate: stopped });
    story.dials('second', 0, { fate: { ...stopped, place: 'alice.router' } });
    expect(verdictOf(story.evidence())).toMatchObject(
      told(
        'fresh-port',
        'alice',
        'left from port 55214, but alice met the rendezvous from port 4000: not the same port',
        'The rendezvous saw 50.0.1.2:14000',
        'ended at bob.router (nobody inside has contacted this endpoint)',
      ),
    );
  });

  test('dials from the right port, too, has no fresh port', () => {
    const story = new TrialStory().paired();
    story.dials('first', 0, { from: 55_214, fate: stopped }).dials('first', 10, { fate: stopped });
    expect(verdictOf(story.evidence())?.defect).not.toBe('fresh-port');
  });

  test('listens on the port that the outside sees listens on the outside port', () => {
    const story = new TrialStory(10_000).paired();
    story.dials('first', 0, { answer: 'refused by host' }).dials('second', 0, { fate: stopped });
    expect(verdictOf(story.evidence({ second: { listened: new Set([15_000]) } }))).toMatchObject(
      told(
        'outside-port',
        'bob',
        'port 15000',
        'the port is 5000',
        'A SYN of 50.0.1.2:14000 reached port 5000 of bob and was refused',
      ),
    );
  });

  test('listens on the outside port has no defect where that is the inside port', () => {
    const story = new TrialStory()
      .paired()
      .dials('first', 0, { fate: stopped })
      .dials('second', 0, { fate: stopped });
    expect(verdictOf(story.evidence())?.defect).toBe('unknown');
  });

  test('listens nowhere while its dial has no answer blocks', () => {
    const story = new TrialStory().paired();
    story.dials('second', 0, { fate: { ...stopped, place: 'alice.router' } });
    story
      .dials('first', 100, { answer: 'refused by host' })
      .dials('first', 900, { answer: 'refused by host' });
    expect(verdictOf(story.evidence({ second: nowhere }))).toMatchObject(
      told(
        'blocks',
        'bob',
        'reached port 5000 of bob at 0.14 s',
        'from port 5000, begun at 0.00 s, had no answer yet',
      ),
    );
  });

  test('listens nowhere and has no dial under way does not listen', () => {
    const story = new TrialStory().paired();
    story.dials('second', 0, { answer: 'refused by router' });
    story
      .dials('second', 1000, { answer: 'refused by router' })
      .dials('first', 300, { answer: 'refused by host' });
    story.dials('second', 2700, { answer: 'refused by router' });
    expect(verdictOf(story.evidence({ second: nowhere }))).toMatchObject(
      told('no-listener', 'bob', 'bob never listened'),
    );
  });

  test('is told, and sends no SYN, dials nobody', () => {
    const story = new TrialStory().paired().dials('first', 20, { fate: stopped });
    expect(verdictOf(story.evidence())).toMatchObject(
      told('never-dialled', 'bob', 'The SYN of alice ended at bob.router'),
    );
  });

  test('ends after a refusal gives up', () => {
    const story = new TrialStory().paired({ lateMs: 500 }).dials('first', 0, { answer: 'refused by host' });
    story.dials('second', 500, { fate: { kind: 'delivered' }, answer: 'refused by host' });
    const evidence = story.evidence({ first: { end: ended(90, 1), stderr: 'connection refused\n' } });
    expect(verdictOf(evidence)).toMatchObject(
      told('no-retry', 'alice', 'refused at 0.08 s, its only dial', 'exit code 1', 'connection refused'),
    );
  });

  test('ends after the dial of the peer has connected does not give up', () => {
    const story = new TrialStory().paired({ lateMs: 500 }).dials('first', 0, { answer: 'refused by host' });
    story.dials('second', 500, { answer: 'accepted' });
    const evidence = story.evidence({ first: { end: ended(700, 1), stderr: 'Broken pipe\n' } });
    expect(verdictOf(evidence)).toMatchObject(told('sent-nothing', 'alice', 'exit code 1', 'Broken pipe'));
  });

  test('runs on after a refusal, and neither dials nor listens for three seconds, gives up', () => {
    const story = new TrialStory().paired().dials('first', 0, { answer: 'refused by router' });
    for (const at of [0, 700, 1100, 2500, 4000]) {
      story.dials('second', at, { answer: 'refused by router' });
    }
    expect(verdictOf(story.evidence({ first: nowhere }))).toMatchObject(
      told('no-retry', 'alice', 'was still running'),
    );
  });

  test('is the second and listens may leave it at one dial', () => {
    const story = new TrialStory().paired().dials('second', 0, { answer: 'refused by router' });
    for (const at of [0, 700, 1100, 2500, 4000]) {
      story.dials('first', at, { answer: 'refused by router' });
    }
    expect(verdictOf(story.evidence())?.defect).toBe('unknown');
  });

  test('is refused again and again with equal periods has a fixed one', () => {
    const story = new TrialStory().paired({ lateMs: 500 });
    for (const at of [0, 1080, 2165, 3241]) {
      story.dials('first', at, { answer: 'refused by router' });
      story.dials('second', at + 500, { answer: 'refused by router' });
    }
    expect(verdictOf(story.evidence())).toMatchObject(
      told(
        'fixed-period',
        'alice',
        'dialled 4 times, one every 1.08 s',
        '0.00 s, 1.08 s, 2.17 s, 3.24 s',
        'The dials of bob left at 0.50 s, 1.58 s',
      ),
    );
  });

  test('is refused again and again at random times has none', () => {
    const story = new TrialStory().paired({ lateMs: 500 });
    for (const at of [0, 130, 390, 700, 820]) {
      story.dials('first', at, { answer: 'refused by router' });
      story.dials('second', at * 1.5 + 500, { answer: 'refused by router' });
    }
    expect(verdictOf(story.evidence())?.defect).toBe('unknown');
  });

  test('goes on listening after its dial has connected does not use the connection', () => {
    const story = new TrialStory().paired().dials('first', 0, { answer: 'accepted' });
    story.dials('second', 0, { answer: 'accepted' }).says('first', 100, 14);
    expect(verdictOf(story.evidence())).toMatchObject(
      told('unused-connection', 'bob', 'connected at 0.08 s', 'sent 14 bytes'),
    );
  });

  test('is connected as the first, and sends nothing, sends nothing', () => {
    const story = new TrialStory().paired().dials('first', 0, { answer: 'accepted' }).dials('second', 0);
    expect(verdictOf(story.evidence({ second: nowhere }))).toMatchObject(
      told('sent-nothing', 'alice', 'no byte of it reached bob'),
    );
  });

  test('is the second and receives the greeting must print it', () => {
    const story = new TrialStory().paired().dials('first', 0, { answer: 'accepted' });
    story.dials('second', 0, { fate: { ...stopped, place: 'alice.router' } }).says('first', 100, 14);
    expect(verdictOf(story.evidence())).toMatchObject(
      told('printed-nothing', 'bob', '14 bytes of alice reached bob'),
    );
  });

  test('ends for no reason that is known has ended early', () => {
    const story = new TrialStory()
      .paired()
      .dials('first', 0, { fate: stopped })
      .dials('second', 0, { fate: stopped });
    const evidence = story.evidence({ second: { end: ended(2000, 3), stderr: 'Segmentation fault\n' } });
    expect(verdictOf(evidence)).toMatchObject(
      told('ended-early', 'bob', 'exit code 3', 'Segmentation fault'),
    );
  });
});

test('our chat has no defects', () => {
  const story = new TrialStory().paired().dials('second', 0, { fate: stopped });
  story.dials('first', 0, { from: 55_214, fate: stopped });
  expect(verdictOf(story.evidence({ first: { program: 'chat' } }))).toMatchObject({
    defect: 'unknown',
    host: null,
  });
});

test('without a known defect, the packets are told from the moment at which the peer was named', () => {
  const story = new TrialStory().paired();
  story
    .dials('second', 10, { fate: { ...stopped, place: 'alice.router' } })
    .dials('first', 1005, { fate: stopped });
  expect(verdictOf(story.evidence())?.lines).toEqual([
    '  0.01 s  bob 192.168.2.2:5000 → 50.0.1.2:4000  S  stopped at alice.router (nobody inside has contacted this endpoint)',
    '  1.00 s  alice 192.168.1.2:4000 → 50.0.2.2:5000  S  stopped at bob.router (nobody inside has contacted this endpoint)',
  ]);
});

test('the words of a program are shown safely', () => {
  const evidence = new TrialStory().evidence({ first: { stderr: 'red \u001B[31malert\n' } });
  expect(verdictOf(evidence)?.evidence).not.toContain('\u001B');
});

test('each defect has a title, a hint and something to read', () => {
  for (const { hint, read, title } of Object.values(defects)) {
    expect(`${title} is why.`).toMatch(/^[a-z]/);
    expect(hint).toMatch(/[.?]$/);
    expect(read).not.toBe('');
  }
});
