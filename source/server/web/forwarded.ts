/** Reads the header `Forwarded` (RFC 7239), in which a reverse proxy tells whose connection it passes on. */
import { canonicalAddress, isAddress } from '../../network/address.ts';

/** Whose connection it is. Many proxies tell no port. */
export interface ForwardedSource {
  readonly address: string;
  readonly port?: number;
}

/** Bounds what is read. Each proxy on the way adds some 50 characters. */
const MAX_HEADER = 1024;
const MAX_PORT = 65_535;

/**
 * The source of a connection that has come through proxies. The last one has added the last element, and each of them
 * knows only who has connected to it. So this reads from the end, up to the first that is no proxy of ours. Undefined
 * if that is no address, or if the header cannot be read.
 */
export function forwardedSource(
  header: string,
  isTrusted: (address: string) => boolean,
): ForwardedSource | undefined {
  if (header.length > MAX_HEADER) {
    return undefined;
  }
  for (const element of elementsOf(header).toReversed()) {
    const source = sourceIn(element);
    if (source === undefined || !isTrusted(source.address)) {
      return source;
    }
  }
  return undefined;
}

/** The parts between commas that are not within quotes. */
function elementsOf(header: string): string[] {
  const elements = [''];
  let isQuoted = false;
  for (const character of header) {
    if (character === '"') {
      isQuoted = !isQuoted;
    }
    if (character === ',' && !isQuoted) {
      elements.push('');
    } else {
      elements.push(`${elements.pop()}${character}`);
    }
  }
  return elements;
}

function sourceIn(element: string): ForwardedSource | undefined {
  for (const pair of element.split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    if (name.toLowerCase() === 'for') {
      return nodeOf(value.replace(/^"(.*)"$/, '$1'));
    }
  }
  return undefined;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]`, `[2001:db8::1]:4711`. Names such as `unknown` and `_hidden` are no address. */
function nodeOf(node: string): ForwardedSource | undefined {
  const [, wide, narrow, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(node) ?? [];
  const address = wide ?? narrow ?? '';
  if (!isAddress(address)) {
    return undefined;
  }
  const number = Number(port ?? 0);
  return {
    address: canonicalAddress(address),
    ...(number > 0 && number <= MAX_PORT && { port: number }),
  };
}
