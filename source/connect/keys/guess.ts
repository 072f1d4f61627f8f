/**
 * The one chance that a stranger has at the words of a code, in one run of the
 * program (design 3.3). A place may be come back to with a fresh share, as long
 * as nobody has learnt from the ones before whether some words are ours. What
 * can tell that spends the guess, and no share is made after that.
 */
export class Guess {
  #isSpent = false;

  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Something of ours is about to leave under the keys of a match, or somebody has tried a key on us. */
  spend(): void {
    this.#isSpent = true;
  }
}
