/**
 * The one guess at the words of a code that a stranger has in one run of the
 * program (design 3.3). We may come back to a room with a fresh share as long as
 * no earlier exchange can have told anybody whether some words are ours. An
 * exchange that can tell it spends the guess, and then no share is made any more.
 */
export class Guess {
  #isSpent = false;

  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Something of ours is about to be sent under the keys of a match, or somebody has tried a key on us. */
  spend(): void {
    this.#isSpent = true;
  }
}
