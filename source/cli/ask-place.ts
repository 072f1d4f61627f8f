/** Asks a person for what the command line leaves out, and keeps the place if they want that. */
import { PunchlineError } from '../errors.ts';
import { formatPlace, parsePlaces, placesOf } from '../protocol/place-address.ts';
import { abbreviateHome } from '../storage/home-folder.ts';
import { failureLines } from '../text/failure-lines.ts';
import {
  askPlace,
  askStart,
  type FormFace,
  type Where,
  type Known,
  type PlaceAnswer,
} from '../ui/form/start-questions.ts';
import { ANY_PORT, type ChatArguments, type ChatSettings } from './settings/chat-settings.ts';
import type { Config } from './settings/config.ts';
import { namedServer } from './settings/named-server.ts';
import { configPath } from './settings/read-config.ts';

/**
 * The form that `punchline` alone shows. `friends`: the names of those who can be met without a code. Resolves with
 * undefined if the user leaves. Throws ERR_USAGE.
 */
export async function askedStart(
  variable: string | undefined,
  config: Config,
  face: FormFace,
  friends: readonly string[] = [],
): Promise<ChatArguments | undefined> {
  const answer = await askStart({ ...knownPlace(variable, config), name: config.name, friends }, face);
  if (answer === undefined) {
    return undefined;
  }
  await keep(answer);
  const { friend, isHere, name, server } = answer;
  // On the command line, the name of a friend stands where an invite does.
  const invite = answer.invite ?? friend;
  return { invite, name, server, ...(isHere === true && { here: String(ANY_PORT) }) };
}

/** Asks for the place alone, if nobody has named one. Resolves with undefined if the user leaves. */
export async function askedPlace(
  where: Where,
  face: FormFace,
): Promise<Pick<ChatSettings, 'server' | 'here'> | undefined> {
  const answer = await askPlace({ ...knownPlace(undefined, {}), where }, face);
  if (answer === undefined) {
    return undefined;
  }
  await keep(answer);
  const { isHere, server } = answer;
  return isHere === true
    ? { here: ANY_PORT, server: undefined }
    : { here: undefined, server: server === undefined ? undefined : parsePlaces(server) };
}

/** The variable wins over the file, so a choice that is kept would not hold. */
function knownPlace(variable: string | undefined, config: Config): Known {
  const path = variable === undefined ? configPath() : undefined;
  const keptIn = path && abbreviateHome(path);
  const server = namedServer(undefined, variable, config);
  if (server !== undefined) {
    const about = variable === undefined ? 'named by the config file' : 'named by PUNCHLINE_SERVER';
    return { keptIn, place: { label: placesOf(server).map(formatPlace).join(','), about } };
  }
  return {
    keptIn,
    place: config.here === true ? { label: 'this machine', about: 'as the config file says' } : undefined,
  };
}

/** A chat can begin without that, so a failure is only told. */
async function keep({ isHere, isKept, server }: PlaceAnswer): Promise<void> {
  const path = configPath();
  if (!isKept || path === undefined) {
    return;
  }
  const { keepPlace } = await import('./settings/keep-place.ts');
  try {
    await keepPlace(path, isHere === true ? { here: true } : { server: server ?? '' });
  } catch (error) {
    if (!(error instanceof PunchlineError)) {
      throw error;
    }
    process.stderr.write(failureLines(error));
  }
}
