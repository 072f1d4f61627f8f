import { median } from '../figure.ts';
import type { Transfer } from './contenders.ts';

/** `3/3 direct, 0.52 s, 0.61 s`: how many arrived whole, how, and the medians to the first and to the last byte. */
export function cellOf(transfers: readonly Transfer[]): string {
  const arrived = transfers.filter(({ way }) => way !== 'none');
  const share = `${arrived.length}/${transfers.length}`;
  if (arrived.length === 0) {
    return share;
  }
  const ways = [...new Set(arrived.map(({ way }) => (way === 'server' ? 'by a server' : way)))];
  const times = [arrived.map((one) => one.firstByteMs), arrived.map((one) => one.lastByteMs)];
  return [
    `${share} ${ways.join(' and ')}`,
    ...times.map((all) => `${(median(all) / 1000).toFixed(2)} s`),
  ].join(', ');
}

/** A table in Markdown. The first row is its head. */
export function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
