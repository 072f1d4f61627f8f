import { plain } from './chat-options.ts';
import type { Options } from './option.ts';

const json = { kind: 'flag', about: 'JSON lines instead of text' } as const;

export const workshopListOptions = { plain, json } as const satisfies Options;

export const workshopStartOptions = {
  predict: {
    kind: 'text',
    argument: 'ANSWER',
    ifEmpty: 'Write down what you expect to see.',
    about: 'the answer to the question, which a terminal asks for otherwise',
  },
  plain,
  json,
} as const satisfies Options;

export const workshopVerdictOptions = {
  chat: {
    kind: 'list',
    argument: 'HOST=FILE',
    separator: '\0',
    isRepeatable: true,
    ifEmpty: 'Name the host and the file, or leave it out.',
    about: 'the events of a chat on that host, written with --json; repeatable',
  },
  json,
} as const satisfies Options;

export const workshopSolutionOptions = {
  yes: { kind: 'flag', about: 'do not ask whether to show it' },
} as const satisfies Options;

export const workshopRehearseOptions = {
  mistake: { kind: 'flag', about: 'a typical wrong attempt instead of the solution' },
  json,
} as const satisfies Options;

export const workshopPrintOptions = {
  handout: { kind: 'flag', about: 'for learners: goals, questions, blank ladders to fill in' },
  instructor: { kind: 'flag', about: 'for teachers: timing, misconceptions, solutions, answers' },
} as const satisfies Options;

export const workshopBoardOptions = { plain, json } as const satisfies Options;

export const workshopCheckOptions = {
  network: {
    kind: 'list',
    argument: 'NAME,…',
    separator: ',',
    about: 'only these networks',
    otherwise: 'all of them',
  },
  all: { kind: 'flag', about: 'go on after a trial that has failed' },
  parallel: {
    kind: 'number',
    argument: 'N',
    min: 1,
    max: 64,
    whole: true,
    default: 1,
    about: 'trials at once',
  },
  json,
} as const satisfies Options;
