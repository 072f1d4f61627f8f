import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import type { LabDescription } from '../../../source/lab/plan/description.ts';
import type { Host } from '../../../source/lab/host.ts';
import { createLab, type Lab } from '../../../source/lab/lab.ts';
import { skipWithout, type Owner } from '../skip-without.ts';

/**
 * Makes a lab that ends with the test. If this machine cannot make one, the
 * test is skipped with the reason. Under CI, which installs what a lab needs,
 * it fails.
 */
export async function labOrSkip(context: Owner, description: LabDescription): Promise<Lab> {
  const lab = await orSkip(context, createLab(description));
  context.onTestFinished(() => lab.close());
  return lab;
}

/**
 * One lab, and what runs in it, for all tests of a `describe` or a file. The first test that needs it makes it, and it
 * ends after the last. `prepare` starts what they share.
 */
export function sharedLab<Prepared>(
  description: LabDescription,
  prepare: (lab: Lab) => Promise<Prepared>,
): (context: Owner) => Promise<Prepared & { readonly lab: Lab }> {
  let made: Promise<Prepared & { readonly lab: Lab }> | undefined;
  let lab: Lab | undefined;
  async function make() {
    lab = await createLab(description);
    return { ...(await prepare(lab)), lab };
  }
  afterAll(async () => {
    await made?.catch(() => undefined);
    await lab?.close();
  });
  return (context) => orSkip(context, (made ??= make()));
}

async function orSkip<Made>(context: Owner, made: Promise<Made>): Promise<Made> {
  try {
    return await made;
  } catch (error) {
    return skipWithout(context, unableOrThrow(error).message);
  }
}

let ability: Promise<PunchlineError | undefined> | undefined;

/** Skips the test with the reason if this machine cannot make a lab. It is tried once. */
export async function needLab(context: Owner): Promise<void> {
  ability ??= createLab({ sites: {} }).then(
    async (lab) => {
      await lab.close();
      return undefined;
    },
    (error: unknown) => unableOrThrow(error),
  );
  const reason = await ability;
  if (reason !== undefined) {
    skipWithout(context, reason.message);
  }
}

function unableOrThrow(error: unknown): PunchlineError {
  if (
    error instanceof PunchlineError &&
    (error.code === 'ERR_MISSING_TOOL' || error.code === 'ERR_PERMISSION')
  ) {
    return error;
  }
  throw error;
}

/** Loads rules of nftables into a host or a router. */
export async function loadRules(host: Host, rules: string): Promise<void> {
  const { code, stderr } = await host.exec(['nft', '-f', '-'], rules);
  if (code !== 0) {
    throw new Error(`nft: ${stderr}`);
  }
}

export interface Traffic {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * Counts packets that a router forwards, or a host receives and sends. Each
 * name has a match in nft's language. Returns a function that reads the counts.
 */
export async function countTraffic<Name extends string>(
  host: Host,
  matches: Readonly<Record<Name, string>>,
): Promise<() => Promise<Record<Name, Traffic>>> {
  const names = Object.keys(matches) as Name[];
  const rules = names.map((name) => `${matches[name]} counter name "${name}"`).join('\n');
  // Each packet passes one of these hooks before all filters.
  const chains = ['forward', 'input', 'output'].map(
    (hook) => `chain ${hook} { type filter hook ${hook} priority -150;\n${rules}\n}\n`,
  );
  const counters = names.map((name) => `counter ${name} { }\n`);
  await loadRules(
    host,
    `add table inet count\ndelete table inet count\ntable inet count {\n${[...counters, ...chains].join('')}}\n`,
  );
  return async () => {
    const { stdout } = await host.exec(['nft', '-j', 'list', 'counters', 'table', 'inet', 'count']);
    const { nftables } = JSON.parse(stdout) as { nftables: { counter?: Traffic & { name: Name } }[] };
    const counted = nftables.flatMap(({ counter }) =>
      counter ? [[counter.name, { packets: counter.packets, bytes: counter.bytes }] as const] : [],
    );
    return Object.fromEntries(counted) as Record<Name, Traffic>;
  };
}

/** The processes in a network namespace, which is named as under /proc. */
export function processesIn(network: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readlinkSync(`/proc/${entry}/ns/net`) === network;
    } catch {
      return false;
    }
  });
}
