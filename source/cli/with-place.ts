/** Asks a person where to meet, if nobody has named a place. The questions are loaded only then. */
import { FIRST_OWN_NUMBER } from '../protocol/rendezvous-messages.ts';
import type { FormFace } from '../ui/form/start-questions.ts';
import { signals } from '../ui/lines/until-ended.ts';
import { isTerminalGone } from '../ui/terminal/terminal-gone.ts';
import type { ChatSettings } from './settings/chat-settings.ts';
import { noPlace } from './settings/named-server.ts';

export function loadQuestions() {
  return import('./ask-place.ts');
}

/**
 * Asks for the place if nobody named one and a person is there. Resolves with undefined if they leave. Throws ERR_USAGE
 * if nobody can be asked.
 */
export async function withPlace(
  settings: ChatSettings,
  asking: FormFace | undefined,
): Promise<ChatSettings | undefined> {
  const { code, here, local, server } = settings;
  if (server !== undefined || here !== undefined || local) {
    return settings;
  }
  // The number of an invite was drawn by a place, which has its room.
  const isJoining = code !== undefined && code.number < FIRST_OWN_NUMBER;
  if (asking === undefined) {
    throw noPlace(isJoining);
  }
  const { askedPlace } = await loadQuestions();
  const answer = await askedPlace(isJoining ? 'elsewhere' : 'open', asking);
  return answer && { ...settings, ...answer };
}

/** The exit code if the user has left the form, or has closed its terminal. */
export function leftForm(): number {
  return isTerminalGone(process.stdin) ? signals.SIGHUP : signals.SIGINT;
}
