/** Packets, fates and rows in words. They are not safe for a terminal yet. */
import type { Fate, WatchedPacket, WatchedRow } from '../watch-events.ts';

const names: Readonly<Record<string, string>> = {
  S: 'SYN',
  SA: 'SYN+ACK',
  A: 'ACK',
  F: 'FIN',
  AF: 'FIN',
  APF: 'FIN',
  R: 'RST',
  AR: 'RST',
  unreachable: 'ICMP unreachable',
};

/** `SYN`, `SYN+ACK`, `5 bytes`. */
export function flagsText({ flags, length, protocol }: WatchedPacket): string {
  if (length > 0) {
    const fin = flags.includes('F') ? 'FIN, ' : '';
    return `${fin}${length.toLocaleString('en')} byte${length === 1 ? '' : 's'}`;
  }
  return names[flags] ?? (protocol === 'icmp' ? `ICMP ${flags}` : flags);
}

/** `stopped at bob.router`. The reason is not in it. */
export function fateText(fate: Fate): string {
  switch (fate.kind) {
    case 'delivered': {
      return 'delivered';
    }
    case 'stopped': {
      return `stopped at ${fate.place}`;
    }
    case 'answered': {
      return `answered by ${fate.place} with ${fate.by === 'rst' ? 'RST' : 'ICMP'}`;
    }
    case 'kept': {
      return `kept by ${fate.place}`;
    }
    case 'lost': {
      return `lost after ${fate.place}`;
    }
    default: {
      return fate satisfies never;
    }
  }
}

/** `4000`; empty for an address alone. */
export function portOf(endpoint: string): string {
  return /^(?:\[.*\]|[^:]*):(\d+)$/.exec(endpoint)?.[1] ?? '';
}

/** The ports at the sender, behind its NATs if they differ, and at the target: `4000›40960›5000`. */
export function portsText({ sightings }: WatchedPacket, arrow = '›'): string {
  const ports = [...sightings.map(({ source }) => source), ...sightings.map(({ target }) => target)]
    .map(portOf)
    .filter((port) => port !== '');
  return ports.filter((port, index) => port !== ports[index - 1]).join(arrow);
}

/** `mapping 4000›40960`, `4000 SYN_SENT, 120 s`, `4000 forgotten`. */
export function rowText({ change, inside, outside, remote, secondsLeft, state }: WatchedRow): string {
  const [port, mapped] = [portOf(inside), portOf(outside)];
  const ports = port === mapped ? port : `${port}›${mapped}`;
  if (state === null) {
    const whom = remote === null ? '' : ` for ${remote}`;
    return `mapping ${ports}${whom}${change === 'gone' ? ' forgotten' : ''}`;
  }
  return change === 'gone' ? `${ports} forgotten` : `${ports} ${state}, ${secondsText(secondsLeft)}`;
}

/** `9 s`, `2 h 04 min`. */
export function secondsText(seconds: number | null): string {
  const whole = Math.max(0, Math.round(seconds ?? 0));
  if (whole < 600) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) {
    return hours === 0 ? `${minutes} min` : `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  }
  return `${Math.floor(hours / 24)} days`;
}
