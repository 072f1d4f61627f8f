/** Friends that are told apart by a number. */
export function aFriend(number: number) {
  const secret = new Uint8Array(32).fill(7);
  new DataView(secret.buffer).setUint32(0, number);
  return { secret, role: 'a', places: { mailbox: 'wss://example.org/v1' }, keptAt: 1, metAt: 2 } as const;
}
