/**
 * One piece of input from the terminal. Keys have Emacs names, with modifiers
 * in this order: `C-M-S-left`, `C-a`, `M-enter`, `f1`. Turns of the wheel and
 * changes of the focus come as keys too: `wheel-up`, `wheel-down`, `focus-in`,
 * `focus-out`.
 */
export type Stroke =
  | { readonly text: string }
  | { readonly key: string }
  /**
   * `characters` is the length of the whole paste (UTF-16 units); if it is
   * larger than the length of `paste`, the paste was cut off. `isGuess`: the
   * terminal did not mark it as a paste, but several lines came at once.
   */
  | { readonly paste: string; readonly characters: number; readonly isGuess?: true }
  /** The terminal's answer to a query: the whole sequence. It can come at any time. */
  | { readonly reply: string };
