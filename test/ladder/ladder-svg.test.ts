import { expect, test } from 'vitest';
import type { Ladder } from '../../source/ladder/ladder.ts';
import { ladderSvg } from '../../source/ladder/ladder-svg.ts';
import { textMeasure } from '../../source/ui/text/text-layout.ts';
import { sampleLadder } from '../helpers/chats/sample-ladder.ts';

function svgOf(ladder: Ladder, title = 'direct to bob'): string {
  return ladderSvg(ladder, title, textMeasure);
}

/** The names of all elements, in order. Fails if the text is not well-formed XML. */
function elementsOf(svg: string): string[] {
  const tags = [...svg.matchAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g)];
  const open: string[] = [];
  for (const [, end, name = '', , closed] of tags) {
    if (end !== '/') {
      open.push(name);
    }
    const wasOpen = end === '/' || closed === '/' ? open.pop() : name;
    expect(wasOpen).toBe(name);
  }
  expect(open).toEqual([]);
  const attributes = tags.map(([, , , given = '']) =>
    [...given.matchAll(/([\w:-]+)=/g)].map(([, name]) => name),
  );
  expect(attributes.filter((names) => new Set(names).size < names.length)).toEqual([]);
  const rest = tags.reduce((text, [tag]) => text.replace(tag, ''), svg);
  expect(rest).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  return tags.map(([, , name = '']) => name);
}

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = '']) => text);
}

test('the picture shows every label, time and group of the ladder, once', () => {
  const lanes = sampleLadder.lanes.flatMap(({ label, detail = '' }) => [label, detail]);
  const labels = sampleLadder.rows.flatMap((row) =>
    (row.kind === 'arrows' ? row.arrows : [row]).map(({ label }) =>
      row.kind === 'fold' ? `… ${label}` : label,
    ),
  );
  const times = ['0', '40', '50', '60', '80', '90', '95', '100', '99999', '12:34'];
  const all = ['direct to bob', ...lanes, ...labels, ...times, 'round 1', 'round 2'];
  expect(textsOf(svgOf(sampleLadder)).toSorted()).toEqual(all.filter(Boolean).toSorted());
});

test('it is well-formed, needs nothing from elsewhere, and runs nothing', () => {
  const svg = svgOf(sampleLadder);
  const known = ['svg', 'title', 'style', 'rect', 'text', 'path', 'circle'];
  expect(new Set(elementsOf(svg))).toEqual(new Set(known));
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
    /href|url\(|@import|@font-face|:\/\/|\bon\w+=/,
  );
});

test('a text of the peer stays text', () => {
  const nasty = `</text><script>alert(1)</script> & "quoted" ]]> \u0000\u001B[2J\uFFFE\uD800`;
  const lanes = [{ label: 'you', detail: nasty }, { label: nasty }];
  const arrow = { from: 0, to: 1, end: 'arrives', label: nasty } as const;
  const rows: Ladder['rows'] = [
    { at: 0, kind: 'arrows', arrows: [arrow], group: nasty },
    { at: 0, kind: 'note', label: nasty },
    { at: 0, kind: 'band', from: 0, to: 1, label: nasty },
  ];
  const svg = svgOf({ lanes, rows }, nasty);
  expect(elementsOf(svg)).not.toContain('script');
  // oxlint-disable-next-line no-control-regex -- XML allows no others
  expect(svg).not.toMatch(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD]/);
});

/** The contrast of two colours (WCAG 2.2). */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [one, other].map(luminance).toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test('all text is readable on white, and on black for a viewer that wants it', () => {
  const svg = svgOf(sampleLadder);
  const style = /prefers-color-scheme:dark\)\{(.*)\}<\/style>/.exec(svg)?.[1] ?? '';
  const dark = new Map(
    [...style.matchAll(/\.(fill-[\w]+)\{fill:(#\w+)\}/g)].map(([, name, color]) => [name, color ?? '']),
  );
  const light = new Map(
    [...svg.matchAll(/fill="(#\w+)"[^>]* class="(fill-\w+)/g)].map(([, color = '', name]) => [name, color]),
  );
  const used = [...svg.matchAll(/<text[^>]*class="(fill-\w+)"/g)].map(([, name]) => name);
  for (const colors of [light, dark]) {
    const papers = ['fill-paper', 'fill-band'].map((name) => colors.get(name) ?? '');
    expect(papers).toEqual([expect.stringMatching(/^#/), expect.stringMatching(/^#/)]);
    for (const name of new Set(used)) {
      for (const paper of papers) {
        expect(contrast(colors.get(name) ?? '', paper), `${name} on ${paper}`).toBeGreaterThan(4.5);
      }
    }
  }
});

test('a long label is in rows, and nothing leaves the picture', () => {
  const label = 'asks for a relay because no direct connection was found within three seconds';
  const svg = svgOf({
    ...sampleLadder,
    rows: [{ at: 0, kind: 'arrows', arrows: [{ from: 0, to: 1, end: 'arrives', label }] }],
  });
  const texts = textsOf(svg);
  expect(texts.join(' ')).toContain(label);
  const [, , width = 0, height = 0] = (/viewBox="([^"]*)"/.exec(svg)?.[1] ?? '').split(' ').map(Number);
  for (const [, x, y] of svg.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)"/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(0);
    expect(Number(x)).toBeLessThan(width);
    expect(Number(y)).toBeLessThan(height);
  }
});
