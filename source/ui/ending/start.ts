/** How this side came to a chat: it opened a room, joined with an invite, or both sides had agreed on a code or on none. */
export type Start = 'room' | 'invite' | 'agreed';

/** What starts the next chat: a new room, the same way again, or an invite as it was typed. */
export type NextChat =
  | { readonly kind: 'room' }
  | { readonly kind: 'same' }
  | { readonly kind: 'invite'; readonly invite: string };
