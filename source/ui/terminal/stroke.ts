/**
 * What a terminal says, in the words of the rest of the program. Keys have
 * Emacs names, modifiers in this order: `C-M-S-left`, `C-a`, `M-enter`, `f1`.
 * The wheel and the focus are keys too: `wheel-up`, `wheel-down`, `focus-in`,
 * `focus-out`.
 */
export type Stroke =
  | { readonly text: string }
  | { readonly key: string }
  /**
   * `characters` is how many were pasted (UTF-16 units); where `paste` has fewer, it was cut off.
   * `isGuess`: the terminal does not say that it is a paste, how it came does.
   */
  | { readonly paste: string; readonly characters: number; readonly isGuess?: true }
  /** The terminal's answer to a query, whenever it comes: the whole sequence. */
  | { readonly reply: string };
