/** Feeds a decoder the same bytes whole, byte by byte, and split in two at every point. Yields the output of each. */
export function* threeWays<T>(
  create: () => { push(chunk: Uint8Array): T[] },
  bytes: Uint8Array,
): Generator<T[]> {
  yield create().push(bytes);
  const slow = create();
  yield Array.from(bytes).flatMap((byte) => slow.push(Uint8Array.of(byte)));
  for (let at = 0; at <= bytes.length; at += 1) {
    const halves = create();
    yield [...halves.push(bytes.subarray(0, at)), ...halves.push(bytes.subarray(at))];
  }
}
