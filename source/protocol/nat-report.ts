import * as v from 'valibot';

/** Bounds a report, which is a few words about a NAT. A larger one is refused. */
const MAX_BYTES = 512;
/** No more fields of `"":0,` fit into these bytes. They are counted first: a line has room for a thousand, at half a µs each. */
const MAX_FIELDS = 100;
const MAX_NAME_LENGTH = 32;
const MAX_TEXT_LENGTH = 64;
const MAX_INTEGER = 1_000_000;

/** The report of a client on its NAT. It is passed on to the peer as it is, so that new fields need no new server. */
export const natReport = v.pipe(
  v.custom<object>(
    (value) => typeof value === 'object' && value !== null && Object.keys(value).length <= MAX_FIELDS,
    `an object of at most ${MAX_FIELDS} fields`,
  ),
  v.record(
    v.custom<string>(
      (name) => typeof name === 'string' && name.length <= MAX_NAME_LENGTH,
      `a text of at most ${MAX_NAME_LENGTH} characters`,
    ),
    v.custom<string | number>(isFieldValue, 'a short text or an integer'),
  ),
  v.check(
    (fields) => Buffer.byteLength(JSON.stringify(fields)) <= MAX_BYTES,
    `at most ${MAX_BYTES} bytes as JSON`,
  ),
);

function isFieldValue(value: unknown): boolean {
  return typeof value === 'string'
    ? value.length <= MAX_TEXT_LENGTH
    : Number.isInteger(value) && Math.abs(Number(value)) <= MAX_INTEGER;
}
