/** Reads the description of a lab from a file, and checks its shape. */
import * as v from 'valibot';
import { quote } from '../../text/safe-text.ts';
import { PunchlineError } from '../../errors.ts';
import {
  answers,
  containerWords,
  dependences,
  portChoices,
  portMappingWords,
  type LabDescription,
} from './description.ts';

const line = v.exactOptional(
  v.strictObject({
    delayMs: v.exactOptional(v.number()),
    jitterMs: v.exactOptional(v.number()),
    lossPercent: v.exactOptional(v.number()),
  }),
);

const site = v.strictObject({
  mapping: v.picklist([...dependences, 'none']),
  ports: v.exactOptional(v.picklist(portChoices)),
  filtering: v.picklist(dependences),
  unsolicited: v.exactOptional(v.picklist(answers)),
  hairpin: v.exactOptional(v.boolean()),
  idleSeconds: v.exactOptional(v.number()),
  mtuBytes: v.exactOptional(v.number()),
  ipv6: v.exactOptional(v.picklist(['open', 'firewall'])),
  portMapping: v.exactOptional(v.picklist(portMappingWords)),
  proxied: v.exactOptional(v.boolean()),
  nat64: v.exactOptional(v.boolean()),
  container: v.exactOptional(v.picklist(containerWords)),
  hosts: v.exactOptional(v.array(v.string())),
  behind: v.exactOptional(v.string()),
  network: v.exactOptional(v.string()),
  line,
});

/** The shape of a description. checkDescription checks whether its values go together. */
export const labSchema = v.strictObject({
  sites: v.record(v.string(), site),
  rendezvous: v.exactOptional(v.strictObject({ line })),
});

/** Reads the text of a lab file. Throws ERR_USAGE, which names the file and the field. */
export function parseLabFile(text: string, path: string): LabDescription {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(path, 'it is not JSON', cause);
  }
  const result = v.safeParse(labSchema, value);
  if (result.success) {
    return result.output;
  }
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw bad(
    path,
    place === null ? 'it does not hold a description' : `${quote(place)}: ${issue.message}`,
    result.issues,
  );
}

function bad(path: string, why: string, cause: unknown): PunchlineError {
  return new PunchlineError('ERR_USAGE', `the lab file ${quote(path)}: ${why}`, {
    hint: 'It looks like {"sites":{"alice":{"mapping":"endpoint-independent","filtering":"address-dependent"}}}. More: punchline help lab.',
    cause,
  });
}
