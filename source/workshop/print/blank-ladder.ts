/** A ladder without arrows, for a pencil: the hosts and NATs of an exercise, and time downwards. */
import type { Exercise } from '../exercise.ts';
import { escapeHtml } from './escape-html.ts';

/** In the units of the picture, which is as wide as the page. */
const WIDTH = 680;
const MARGIN = 70;
const HEAD = 34;
const LINE = 26;

/** The lanes: the two hosts that the exercise names first, their routers, and the rendezvous between them. */
export function lanesOf(exercise: Exercise): readonly string[] {
  const [one, other] = hostsOf(exercise);
  const left = one === undefined ? [] : [one.host, one.router];
  const right = other === undefined ? [] : [other.router, other.host];
  return [...new Set([...left, 'rendezvous', ...right])];
}

/** The hosts for which the exercise has panes, each with the router in front of it. */
export function hostsOf({
  lab,
  panes,
}: Exercise): readonly { readonly host: string; readonly router: string }[] {
  const sites = lab.map((site) => {
    const [, name = '', words = ''] = /^([^=]*)=(.*)$/.exec(site) ?? [];
    const [, hosts] = /(?:^|,)hosts=([^,]*)/.exec(words) ?? [];
    return { name, hosts: hosts?.split('+') ?? [name] };
  });
  const named = [...new Set(panes.map(({ host }) => host))].filter((host) => host !== 'rendezvous');
  return named.map((host) => ({
    host,
    router: `${sites.find(({ hosts }) => hosts.includes(host))?.name ?? host}.router`,
  }));
}

/** The picture, as SVG. `rows` is how many packets fit into it. */
export function blankLadder(lanes: readonly string[], rows: number): string {
  const gap = (WIDTH - 2 * MARGIN) / Math.max(1, lanes.length - 1);
  const height = HEAD + rows * LINE;
  const columns = lanes.map((lane, index) => {
    const x = Math.round(MARGIN + index * gap);
    return [
      `<text x="${x}" y="18" text-anchor="middle">${escapeHtml(lane)}</text>`,
      `<line x1="${x}" y1="${HEAD - 8}" x2="${x}" y2="${height}" stroke="#000"/>`,
    ].join('');
  });
  const ticks = Array.from({ length: rows }, (_, index) => {
    const y = HEAD + index * LINE + LINE / 2;
    return `<line x1="8" y1="${y}" x2="${WIDTH - 8}" y2="${y}" stroke="#bbb" stroke-dasharray="1 5"/>`;
  });
  return `<svg class="ladder" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="A blank ladder: ${escapeHtml(lanes.join(', '))}">${ticks.join('')}${columns.join('')}<text x="8" y="18">time ↓</text></svg>`;
}
