import * as v from 'valibot';

/** What a program says of its NAT is a few words; more is not passed on to the peer. */
const maxBytes = 512;
/** As many fit into these bytes as `"":0,`. They are counted first: a line has room for a thousand, at half a µs each. */
const maxFields = 100;
const maxNameLength = 32;
const maxTextLength = 64;
const maxInteger = 1_000_000;

/** Passed on to the peer as it is, so that its fields can grow without the server. */
export const natReport = v.pipe(
  v.custom<object>(
    (value) => typeof value === 'object' && value !== null && Object.keys(value).length <= maxFields,
    `an object of at most ${maxFields} fields`,
  ),
  v.record(
    v.custom<string>(
      (name) => typeof name === 'string' && name.length <= maxNameLength,
      `a text of at most ${maxNameLength} characters`,
    ),
    v.custom<string | number>(isFieldValue, 'a short text or an integer'),
  ),
  v.check(
    (fields) => Buffer.byteLength(JSON.stringify(fields)) <= maxBytes,
    `at most ${maxBytes} bytes as JSON`,
  ),
);

function isFieldValue(value: unknown): boolean {
  return typeof value === 'string'
    ? value.length <= maxTextLength
    : Number.isInteger(value) && Math.abs(Number(value)) <= maxInteger;
}
