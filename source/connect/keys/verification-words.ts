import { wordlist } from '@scure/bip39/wordlists/english.js';

/** 44 bits are enough: within a call, nobody in between can find two channels that agree in them. */
const WORDS = 4;
const BITS_PER_WORD = 11;

/** The bytes that the words are made of. */
export const VERIFICATION_BYTES = Math.ceil((WORDS * BITS_PER_WORD) / 8);

/** The words that two people read to each other: four words of the list of which codes are made. */
export function verificationWords(bytes: Uint8Array): readonly string[] {
  let bits = 0n;
  for (const byte of bytes.subarray(0, VERIFICATION_BYTES)) {
    bits = (bits << 8n) | BigInt(byte);
  }
  return Array.from({ length: WORDS }, (_, index) => {
    const word = wordlist[Number((bits >> BigInt(BITS_PER_WORD * (WORDS - 1 - index))) & 0x7ffn)];
    if (word === undefined) {
      throw new RangeError('the list has 2048 words');
    }
    return word;
  });
}
