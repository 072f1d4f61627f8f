/** A ladder with everything that a ladder can show. */
import type { Ladder } from '../../../source/ladder/ladder.ts';

export const sampleLadder: Ladder = {
  lanes: [
    { label: 'you', detail: '10.0.0.2' },
    { label: 'your NAT', detail: '50.0.1.2' },
    { label: 'rendezvous' },
    { label: "bob's NAT", detail: '50.0.2.2' },
    { label: 'bob' },
  ],
  rows: [
    { at: 0, kind: 'arrows', arrows: [{ from: 0, to: 2, through: [1], end: 'arrives', label: 'room' }] },
    {
      at: 40,
      kind: 'arrows',
      arrows: [
        { from: 2, to: 0, end: 'arrives', label: 'bob is at :1414' },
        { from: 2, to: 4, end: 'arrives', label: 'you are at :38897' },
      ],
    },
    {
      at: 50,
      group: 'round 1',
      kind: 'arrows',
      arrows: [{ from: 0, to: 3, through: [1], end: 'unanswered', label: 'SYN to :1414' }],
    },
    {
      at: 60,
      group: 'round 1',
      kind: 'arrows',
      arrows: [{ from: 0, to: 3, through: [1], end: 'stopped', label: 'SYN to :1415' }],
    },
    { at: 60, kind: 'fold', label: '1,023 more SYNs' },
    {
      at: 80,
      group: 'round 2',
      kind: 'arrows',
      arrows: [{ from: 0, to: 3, through: [1], end: 'turned', label: 'SYN to :1416' }],
    },
    {
      at: 90,
      group: 'round 2',
      kind: 'arrows',
      arrows: [{ from: 3, to: 0, through: [1], start: 'turned', end: 'arrives', label: 'refused' }],
    },
    {
      at: 95,
      kind: 'arrows',
      arrows: [
        { from: 4, to: 0, end: 'open', label: 'SYN to [2001:db8:1111:2222:3333:4444:5555:6666]:40000' },
      ],
    },
    { at: 100, kind: 'note', label: 'the disk is full', tone: 'bad' },
    { at: 99_999, kind: 'band', from: 0, to: 4, label: 'TLS 1.3', tone: 'good' },
    { at: 0, kind: 'section', label: 'line lost', tone: 'bad' },
    {
      at: 754_000,
      kind: 'arrows',
      arrows: [{ from: 4, to: 0, through: [3, 1], end: 'arrives', label: 'SYN', tone: 'good' }],
    },
  ],
};
