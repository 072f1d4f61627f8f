/**
 * An exercise: a folder of data. `exercise.json` holds what the program decides
 * by, and four pages hold what people read. load-exercises.ts reads them.
 */
import * as v from 'valibot';
import { checkSchema, hostName, sentence } from './judge/check-schema.ts';
import { questionSchema } from './judge/prediction.ts';

const MAX_LIST = 24;
const MAX_MINUTES = 120;
/** Bounds one step of a solution. */
const MAX_SECONDS = 300;

/** A command as a shell reads it. */
const command = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));

/**
 * A step of a solution. It ends with its command, or where `background` is
 * there, when the command listens on a port or has printed a text.
 */
const stepSchema = v.strictObject({
  /** A host or router of the lab; `here` for a command outside it. */
  host: v.union([v.literal('here'), v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,13}(?:\.router)?$/))]),
  run: command,
  background: v.exactOptional(
    v.union([
      v.strictObject({ listens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)) }),
      v.strictObject({ prints: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) }),
      v.literal('go on'),
    ]),
  ),
  /** Its output is the events of a chat on that host. */
  events: v.exactOptional(v.literal(true)),
  /** Bounds the step. */
  seconds: v.exactOptional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(MAX_SECONDS))),
});

const steps = v.pipe(v.array(stepSchema), v.minLength(1), v.maxLength(MAX_LIST));

export const exerciseSchema = v.strictObject({
  title: v.pipe(sentence, v.maxLength(60)),
  goal: sentence,
  minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_MINUTES)),
  /** One of those for which a lesson of 90 minutes has time. */
  core: v.exactOptional(v.literal(true)),
  /** In the words of `punchline lab up`. */
  lab: v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.minLength(1), v.maxLength(MAX_LIST)),
  /** The terminals that are needed, each with what it is for. */
  panes: v.pipe(
    v.array(
      v.strictObject({
        host: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,13}(?:\.router)?$/)),
        /** It is started at once. Without it, there is a shell. */
        run: v.exactOptional(command),
        about: sentence,
      }),
    ),
    v.minLength(1),
    v.maxLength(6),
  ),
  question: questionSchema,
  check: checkSchema,
  references: v.pipe(
    v.array(
      v.strictObject({
        name: sentence,
        link: v.exactOptional(v.pipe(v.string(), v.url(), v.maxLength(200))),
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_LIST),
  ),
  /** The prediction and the commands with which the exercise is passed. */
  solution: v.strictObject({ predict: sentence, steps }),
  /** A wrong attempt, and a part of the words that tell it so. */
  mistake: v.strictObject({
    about: sentence,
    predict: sentence,
    steps: v.pipe(v.array(stepSchema), v.maxLength(MAX_LIST)),
    told: sentence,
  }),
  /** Hosts whose chats the check looks at. */
  chats: v.exactOptional(v.pipe(v.array(hostName), v.minLength(1), v.maxLength(6))),
});

export type ExerciseFacts = v.InferOutput<typeof exerciseSchema>;
export type Step = v.InferOutput<typeof stepSchema>;

export interface Exercise extends ExerciseFacts {
  /** From 1. */
  readonly number: number;
  /** The name of its folder without the number: the state of a learner names it so. */
  readonly id: string;
  /** Markdown: what to do. */
  readonly text: string;
  /** Markdown: the hints, the weakest first. */
  readonly hints: readonly string[];
  /** Markdown: the explanation, which is shown after the verdict. */
  readonly answer: string;
  /** Markdown: timing and common misconceptions, for teachers. */
  readonly instructor: string;
}

/** The name of its lab. */
export function labOf({ number }: Exercise): string {
  return `w${number}`;
}
