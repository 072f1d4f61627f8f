import { wordlist } from '@scure/bip39/wordlists/english.js';

/** 44 bits: nobody who sits in between finds two channels that agree in them within a call. */
const words = 4;
const bitsPerWord = 11;

/** As many bytes as the words take. */
export const verificationBytes = Math.ceil((words * bitsPerWord) / 8);

/** What two people read to each other: four words of the list that codes are made of. */
export function verificationWords(bytes: Uint8Array): readonly string[] {
  let bits = 0n;
  for (const byte of bytes.subarray(0, verificationBytes)) {
    bits = (bits << 8n) | BigInt(byte);
  }
  return Array.from({ length: words }, (_, index) => {
    const word = wordlist[Number((bits >> BigInt(bitsPerWord * (words - 1 - index))) & 0x7ffn)];
    if (word === undefined) {
      throw new RangeError('the list has 2048 words');
    }
    return word;
  });
}
