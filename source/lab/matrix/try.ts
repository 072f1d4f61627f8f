/** Reads the arguments of `lab try`: sites, and which two of their hosts meet. */
import { PunchlineError } from '../../errors.ts';
import { hostNames, type LabDescription, type Site } from '../plan/description.ts';
import { parseNamedSite, parseSite, titleOfSite } from '../plan/site-words.ts';

/** The names of sites without one. */
const defaultNames = ['alice', 'bob'] as const;

export interface Try {
  readonly description: LabDescription;
  /** The first opens the room. */
  readonly hosts: readonly [string, string];
  /** What stands in front of each, in a few words. */
  readonly titles: readonly [string, string];
}

/**
 * Reads `[NAME=]WORDS…`. The first hosts of the first two sites meet, or the
 * first two hosts of a single site. These sites can stand behind further ones.
 * `delayMs` is for lines that name no delay. Throws ERR_USAGE.
 */
export function readTry(words: readonly string[], delayMs: number): Try {
  const sites: Record<string, Site> = {};
  for (const [index, text] of words.entries()) {
    const { name, site } = /^[^=,/]*=/.test(text)
      ? parseNamedSite(text)
      : { name: defaultNames[index] ?? '', site: parseSite(text) };
    if (name === '') {
      throw refused(`the site "${text}" needs a name`, 'From the third on, write NAME=WORDS.');
    }
    if (Object.hasOwn(sites, name)) {
      throw refused(`there are two sites named "${name}"`, 'Give each a name: NAME=WORDS.');
    }
    sites[name] = { ...site, line: { delayMs, ...site.line } };
  }
  const [one, other] = Object.entries(sites).map(([name, site]) => hostNames(name, site));
  const [siteOfOne, siteOfOther = siteOfOne] = Object.values(sites);
  const first = one?.[0];
  const second = other === undefined ? one?.[1] : other[0];
  if (first === undefined || second === undefined || siteOfOne === undefined || siteOfOther === undefined) {
    throw refused(
      'two hosts are needed to meet',
      'Name two sites, or one with two hosts: home=cone,hosts=ada+grace.',
    );
  }
  return {
    description: { sites },
    hosts: [first, second],
    titles: [titleOfSite(siteOfOne), titleOfSite(siteOfOther)],
  };
}

function refused(message: string, hint: string): PunchlineError {
  return new PunchlineError('ERR_USAGE', message, { hint });
}
