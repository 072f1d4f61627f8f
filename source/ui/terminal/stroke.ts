/**
 * One piece of input from the terminal. Keys have Emacs names, with modifiers
 * in this order: `C-M-S-left`, `C-a`, `M-enter`, `f1`. Turns of the wheel and
 * changes of the focus come as keys too: `wheel-up`, `wheel-down`, `focus-in`,
 * `focus-out`.
 */
export type Stroke =
  | { readonly text: string }
  /**
   * `instead`: a terminal sends Alt and a character as Esc and the character.
   * If that key has no action, the user has probably pressed these two, one
   * soon after the other.
   */
  | { readonly key: string; readonly instead?: readonly Stroke[] }
  /**
   * `characters` is the length of the whole paste (UTF-16 units); if it is
   * larger than the length of `paste`, the paste was cut off. `isGuess`: the
   * terminal did not mark it as a paste, but much text or several lines came at
   * once. `continues`: it is the next part of the guessed paste before it.
   */
  | {
      readonly paste: string;
      readonly characters: number;
      readonly isGuess?: true;
      readonly continues?: true;
    }
  /** The terminal sends bytes that are not UTF-8. Each of them is read as U+FFFD. Reported once. */
  | { readonly problem: 'not-utf-8' }
  /** The terminal's answer to a query: the whole sequence. It can come at any time. */
  | { readonly reply: string };
