/**
 * Watches a lab: captures in all its routers, joined to packets with their fates
 * and to the rows of their NAT tables.
 */
import { parseConntrackLine, type Connection } from '../nat-table/conntrack-line.ts';
import { parseNftTable, type NftTable } from '../nat-table/nft-table.ts';
import type { Lab } from '../lab.ts';
import type { LabDescription } from '../plan/description.ts';
import type { PlacedSite } from '../plan/addresses.ts';
import { routerName } from '../plan/router.ts';
import { createCaptureReader, type CapturedPacket } from './wire/capture-reader.ts';
import { type DecodedPacket, decodePacket } from './wire/decode-packet.ts';
import { createTraceReader } from './wire/trace-lines.ts';
import { addressOf, internet, mapLab, type LabMap } from './lab-map.ts';
import { Packets } from './packets.ts';
import { captureRouter, requireWatching, type RouterCapture } from './router-capture.ts';
import type { RawSighting } from './packet-file.ts';
import { RowChanges } from './row-changes.ts';
import type { Sighting, WatchEvent } from './watch-events.ts';

/** A lab as far as watching needs it. The state of a named lab is one. */
export interface WatchableLab {
  readonly name: string;
  readonly description: LabDescription;
  /** `SITE.router` and `internet`, each with the command line that enters it. */
  readonly routers: readonly { readonly name: string; readonly enter: readonly string[] }[];
}

/** A lab that this process has made, as it is watched. */
export function watchableLab(name: string, description: LabDescription, { routers }: Lab): WatchableLab {
  return {
    name,
    description,
    routers: Object.entries(routers).map(([site, router]) => ({
      name: site === internet ? site : routerName(site),
      enter: router.command([]),
    })),
  };
}

export interface WatchOptions {
  /** The first event is `watch`: all captures are ready. */
  readonly onEvent: (event: WatchEvent) => void;
  readonly onRaw?: (raw: RawSighting) => void;
  /** Ends the watch, as close() does. */
  readonly signal?: AbortSignal;
}

export interface LabWatch {
  /** Resolves when all events have been told: after close(), after the end of the lab, or if a capture ends by itself. */
  readonly ended: Promise<void>;
  /** Ends all captures, and tells every packet so far. */
  close(): Promise<void>;
}

/** How often the fates are decided. */
const DECIDE_EVERY_MS = 100;
/** How soon the NAT table is looked at after a connection has come or gone, and how often without. */
const LOOK_SOON_MS = 300;
const LOOK_EVERY_MS = 3000;
/** A look at a thousand rows takes 50 ms of a core, and a spray changes them for seconds. */
const LOOK_PAUSE_MS = 1000;

/**
 * Watches a lab. Resolves when all captures are ready: from then on, no packet is
 * missed. Rejects with ERR_MISSING_TOOL or ERR_NETWORK.
 */
export async function watchLab(lab: WatchableLab, options: WatchOptions): Promise<LabWatch> {
  requireWatching();
  const { onEvent, signal } = options;
  const map = mapLab(lab.description);
  // Some captures are ready before others, and the first event is that all are.
  let early: WatchEvent[] | undefined = [];
  function tell(event: WatchEvent): void {
    if (early === undefined) {
      onEvent(event);
    } else {
      early.push(event);
    }
  }
  const packets = new Packets(map, tell);
  const started = await Promise.allSettled(
    lab.routers
      .filter(({ name }) => map.routers.includes(name))
      .map((router) => watchRouter(router, map, packets, { ...options, onEvent: tell })),
  );
  const routers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  function endAll() {
    routers.forEach((router) => router.close());
  }
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    endAll();
    await Promise.all(routers.map((router) => router.ended));
    throw failed.reason;
  }
  onEvent({ v: 1, event: 'watch', at: Date.now(), lab: lab.name.slice(0, 32), places: map.places });
  early.forEach(onEvent);
  early = undefined;
  // A timer is due before what has come meanwhile is read, and a fate must not be decided without that.
  const timer = setInterval(() => setImmediate(() => packets.look(Date.now())), DECIDE_EVERY_MS);
  signal?.addEventListener('abort', endAll, { once: true });
  if (signal?.aborted === true) {
    endAll();
  }
  // A capture that ends by itself, with the lab or alone, ends the watch: half of it would mislead.
  void Promise.race(routers.map((router) => router.ended)).then(endAll);
  const ended = Promise.all(routers.map((router) => router.ended)).then(() => {
    clearInterval(timer);
    signal?.removeEventListener('abort', endAll);
    packets.finish(Date.now());
  });
  return {
    ended,
    close: async () => {
      endAll();
      await ended;
    },
  };
}

async function watchRouter(
  router: WatchableLab['routers'][number],
  map: LabMap,
  packets: Packets,
  { onEvent, onRaw }: WatchOptions,
): Promise<Pick<RouterCapture, 'ended' | 'close'>> {
  const place = router.name;
  const placed = map.sites.get(place);
  const rows = new RowChanges(place, placed === undefined ? [] : insideNetworks(placed, map));
  const early: CapturedPacket[] = [];
  const reader = createCaptureReader();
  const trace = createTraceReader();
  let capture: RouterCapture | undefined;
  let soon: (() => void) | undefined;
  function see(raw: CapturedPacket): void {
    const packet = decodePacket(raw.link, raw.bytes);
    const device = packet && capture?.devices.get(packet.device);
    const side = sideOf(device, place);
    // What goes through the router is seen at its bridge, too. What the bridge hands from host to host is not.
    if (
      packet !== undefined &&
      side !== undefined &&
      (!isPort(device, side) || isSwitched(packet, place, map))
    ) {
      packets.see({ ...packet, at: raw.at, place, side });
      onRaw?.({ ...raw, place, side, way: packet.way });
    }
  }
  capture = await captureRouter(
    router,
    {
      hasTable: placed !== undefined && !isOpen(placed),
      hasIpv6: placed?.site.ipv6 !== undefined,
      map: placed && mappingMap(placed),
    },
    {
      packets: (chunk) => {
        for (const raw of reader.push(chunk)) {
          // The names of the devices are not known at first.
          if (capture === undefined) {
            early.push(raw);
          } else {
            see(raw);
          }
        }
      },
      connection: (line) => {
        const connection = parseConntrackLine(line);
        if (connection !== undefined) {
          rows.change(connection, Date.now()).forEach(onEvent);
          soon?.();
        }
      },
      trace: (line) => {
        packets.trace(place, Date.now());
        const drop = trace.read(line);
        if (drop !== undefined) {
          packets.drop(place, drop, Date.now());
        }
      },
    },
  );
  early.forEach(see);
  if (placed === undefined || isOpen(placed)) {
    return capture;
  }
  soon = await lookAtTable(capture, placed, (table) => rows.look(table, Date.now()).forEach(onEvent));
  return capture;
}

interface Looked {
  readonly nft: NftTable;
  readonly connections: readonly Connection[];
  readonly external: string | null;
  readonly since: number;
}

/** Looks at the table once, and from then on now and then. Returns what makes the next look come soon. */
async function lookAtTable(
  capture: RouterCapture,
  { site }: PlacedSite,
  take: (looked: Looked) => void,
): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let hasEnded = false;
  let isWanted = false;
  let looked = 0;
  void capture.ended.then(() => {
    hasEnded = true;
    clearTimeout(timer);
  });
  function later(delayMs: number): void {
    clearTimeout(timer);
    if (!hasEnded) {
      timer = setTimeout(() => void look(), delayMs);
    }
  }
  async function look(): Promise<void> {
    isLooking = true;
    isWanted = false;
    const since = Date.now();
    const lines = await capture.look();
    isLooking = false;
    if (lines === undefined) {
      return;
    }
    take({ ...readTable(lines, site.mapping === 'none'), since });
    looked = Date.now();
    later(isWanted ? LOOK_PAUSE_MS : LOOK_EVERY_MS);
  }
  await look();
  return () => {
    if (!isWanted) {
      isWanted = true;
      if (!isLooking) {
        later(Math.max(LOOK_SOON_MS, looked + LOOK_PAUSE_MS - Date.now()));
      }
    }
  };
}

function readTable(lines: readonly string[], isRouted: boolean): Omit<Looked, 'since'> {
  const parts = lines.filter((line) => line.startsWith('{')).map(parseNftTable);
  const addresses = lines.flatMap((line) => /^(?:\d+\.){3}\d+(?= )/.exec(line) ?? []);
  const maps = Object.assign({}, ...parts.map((part) => part.maps)) as NftTable['maps'];
  return {
    nft: {
      maps,
      zone: parts.reduce((most, { zone }) => Math.max(most, zone), 0),
      letsIn: Object.hasOwn(maps, 'internal'),
    },
    connections: lines.flatMap((line) => parseConntrackLine(line) ?? []),
    external: isRouted ? null : (addresses[0] ?? null),
  };
}

/** An open router neither translates nor filters. What it knows of connections changes nothing. */
function isOpen({ site: { filtering, ipv6, mapping } }: PlacedSite): boolean {
  return mapping === 'none' && filtering === 'endpoint-independent' && ipv6 !== 'firewall';
}

/** The map of nft with the mappings, if the site has one. With a mapping for each connection, one lets in others. */
function mappingMap({ site: { filtering, mapping } }: PlacedSite): string | undefined {
  if (mapping === 'none') {
    return undefined;
  }
  if (mapping !== 'address-and-port-dependent') {
    return 'external';
  }
  return filtering === 'address-and-port-dependent' ? undefined : 'internal';
}

/** The networks behind a router: its own, and those behind routers that do not translate. */
function insideNetworks(placed: PlacedSite, map: LabMap): readonly string[] {
  const children = [...map.sites.values()].filter(({ parent }) => parent === placed);
  return [
    `${placed.inside}.0/24`,
    `${placed.inside6}:/64`,
    ...children.flatMap((child) =>
      insideNetworks(child, map).filter((network) => network.includes(':') || child.site.mapping === 'none'),
    ),
  ];
}

/** A device that leads to one host inside. All of them are joined by the bridge `lan`. */
function isPort(device: string | undefined, side: Sighting['side']): boolean {
  return side === 'inside' && device !== 'lan';
}

function isSwitched({ source, target }: DecodedPacket, place: string, { isInside }: LabMap): boolean {
  return [source, target].every((end) => isInside(addressOf(end), place));
}

/**
 * See nat-rules.ts: `wan` leads outside, and `loop0` and `loop1` back to the router. On `late0` and `late1` are
 * copies, which do not count. All others are inside.
 */
function sideOf(device: string | undefined, place: string): Sighting['side'] | undefined {
  if (device === undefined || device === 'lo' || /^late[01]$/.test(device)) {
    return undefined;
  }
  if (place === internet || device === 'wan') {
    return 'outside';
  }
  return device.startsWith('loop') ? 'loop' : 'inside';
}
