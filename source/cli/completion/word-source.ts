/** What can stand in a place of a command line, as far as a shell can complete it. This file reads nothing. */
import type { Exercise } from '../../workshop/exercise.ts';
import { networkNames } from '../../workshop/client-check/trials.ts';
import {
  answerWords,
  filteringWords,
  firstKinds,
  kindAliases,
  mappingWords,
  portWords,
  siteKinds,
} from '../../lab/plan/site-kinds.ts';
import { siteWords } from '../options/examples.ts';

/** The shells for which there is a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** A word, and what it means. */
export type Described = readonly [word: string, about: string];

/**
 * `peer` is a friend or a code; `things` are files, friends and codes. A `site` is one of a lab that runs, and a
 * `new-site` describes one. Of a `list`, several may stand with commas between.
 */
export type Source =
  | {
      readonly kind:
        | 'nothing'
        | 'files'
        | 'folders'
        | 'things'
        | 'peer'
        | 'friend'
        | 'code'
        | 'lab'
        | 'host'
        | 'site'
        | 'new-site'
        | 'new-pair';
    }
  | { readonly kind: 'words' | 'list'; readonly words: readonly Described[] };

/** What is used of an exercise. */
export type NamedExercise = Pick<Exercise, 'id' | 'number' | 'title'>;

/** The pages of the manual. */
export const topics = [
  'changes',
  'chat',
  'config',
  'doctor',
  'files',
  'friends',
  'json',
  'lab',
  'library',
  'punching',
  'serve',
  'troubleshooting',
  'workshop',
] as const;

const nothing = { kind: 'nothing' } as const;
const files = { kind: 'files' } as const;
const folders = { kind: 'folders' } as const;
const peer = { kind: 'peer' } as const;
const friend = { kind: 'friend' } as const;
const lab = { kind: 'lab' } as const;
const host = { kind: 'host' } as const;
const site = { kind: 'site' } as const;

/** By the word that the help shows for the value of an option. */
const valueSources: Readonly<Record<string, Source>> = {
  FILE: files,
  'LAB.json': files,
  PATH: files,
  FOLDER: folders,
  CODE: { kind: 'code' },
  PLACE: wordsOf({ wormhole: 'the public mailbox' }),
  'KIND,…': { ...wordsOf(siteKinds), kind: 'list' },
  'FILTERING,…': { ...wordsOf(filteringWords), kind: 'list' },
  'ANSWER,…': { ...wordsOf(answerWords), kind: 'list' },
  'NAME,…': { kind: 'list', words: networkNames.map((name) => [name, '']) },
};

/** Values that only a person knows. */
const unknownValues: ReadonlySet<string> = new Set([
  'ADDRESS',
  'ANSWER',
  'CIDR',
  'DIALSxSOCKETS',
  'HOST=FILE',
  'HOST:PORT',
  'HOST[:PORT]',
  'KIB',
  'MIB',
  'MINUTES',
  'MS',
  'N',
  'NAME',
  'PERCENT',
  'PORT',
  'SECONDS',
  'TEXT',
  'URL',
  '[HOST:]PORT',
]);

/** What completes the value of an option. Throws an Error if nobody has decided that yet. */
export function valueSource(argument: string): Source {
  const source = valueSources[argument];
  if (source === undefined && !unknownValues.has(argument)) {
    throw new Error(`Nothing says how ${argument} is completed.`);
  }
  return source ?? nothing;
}

/** What completes the words of a command, by their position. */
export function wordSources(path: string, exercises: readonly NamedExercise[]): readonly Source[] {
  return { ...fixedSources, ...exerciseSources(exercises) }[path] ?? [];
}

/** The words of a site that `lab up` makes: the first, those behind a slash, and those behind a comma. */
export function newSiteWords(): Readonly<Record<'first' | 'later' | 'options', readonly string[]>> {
  const [, options = ''] = siteWords.find(([term]) => term === 'options') ?? [];
  return {
    first: [firstKinds, kindAliases, mappingWords].flatMap((table) => Object.keys(table)),
    later: [filteringWords, answerWords, portWords].flatMap((table) => Object.keys(table)),
    options: options.split(' ').map((word) => word.replace(/=.*/s, '=')),
  };
}

/** By the words of the command. Of a command that takes any number of words, the last one holds for the others. */
const fixedSources: Readonly<Record<string, readonly Source[]>> = {
  chat: [peer],
  pipe: [peer],
  send: [files, { kind: 'things' }],
  receive: [peer],
  forward: [peer],
  completion: [{ kind: 'words', words: shells.map((name) => [name, '']) }],
  help: [{ kind: 'words', words: topics.map((topic) => [topic, '']) }],
  'friends rename': [friend, nothing],
  'friends remove': [friend],
  'friends export': [files],
  'friends import': [files],
  'lab up': [{ kind: 'new-site' }],
  'lab try': [{ kind: 'new-site' }],
  'lab matrix': [{ kind: 'new-pair' }],
  'lab enter': [lab, host, files],
  'lab nat': [lab, site],
  'lab watch': [lab],
  'lab replay': [files],
  'lab dial': [lab, host, nothing],
  'lab listen': [lab, host],
  'lab cut': [lab, site],
  'lab restore': [lab, site],
  'lab rebind': [lab, site],
  'lab down': [lab],
  'workshop check': [files],
  'workshop join': [folders],
  'workshop class': [folders],
};

function exerciseSources(exercises: readonly NamedExercise[]): Readonly<Record<string, readonly Source[]>> {
  const words = exercises.map(({ id, number, title }): Described => [id, `${number}. ${title}`]);
  const exercise: readonly Source[] = [{ kind: 'words', words }];
  const withNext: Described[] = [...words, ['next', 'the first that is not passed']];
  return {
    // `workshop 3` starts an exercise.
    workshop: [{ kind: 'words', words: withNext }],
    'workshop start': [{ kind: 'words', words: withNext }],
    ...Object.fromEntries(
      ['verdict', 'hint', 'solution', 'files', 'reset', 'end', 'rehearse', 'board', 'freeze', 'release'].map(
        (name) => [`workshop ${name}`, exercise],
      ),
    ),
  };
}

function wordsOf(table: Readonly<Record<string, unknown>>): Extract<Source, { kind: 'words' | 'list' }> {
  return {
    kind: 'words',
    words: Object.entries(table).map(([word, facts]) => [word, aboutOf(facts)]),
  };
}

function aboutOf(facts: unknown): string {
  if (typeof facts === 'object' && facts !== null && 'about' in facts) {
    return String(facts.about);
  }
  return String(facts);
}
