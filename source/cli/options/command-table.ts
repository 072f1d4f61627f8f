/** Every command: what it is for, its arguments and its options. */
import {
  connectingOptions,
  conversationOptions,
  demoOptions,
  doctorOptions,
  forwardOptions,
  receiveOptions,
  screenOptions,
  scriptOptions,
  sendOptions,
} from './chat-options.ts';
import { friendsListOptions, friendsRemoveOptions } from './friends-options.ts';
import {
  labCutOptions,
  labDialOptions,
  labDownOptions,
  labListOptions,
  labListenOptions,
  labMatrixOptions,
  labNatOptions,
  labReplayOptions,
  labTryOptions,
  labUpOptions,
  labWatchOptions,
} from './lab-options.ts';
import type { Options } from './option.ts';
import {
  workshopBoardOptions,
  workshopCheckOptions,
  workshopListOptions,
  workshopPrintOptions,
  workshopRehearseOptions,
  workshopSolutionOptions,
  workshopStartOptions,
  workshopVerdictOptions,
} from './workshop-options.ts';
import {
  clusterOptions,
  limitOptions,
  listenOptions,
  relayOptions,
  watchOptions,
  webOptions,
} from './serve-options.ts';

/** A word of the command line that is no option. */
export interface Argument {
  readonly about: string;
  readonly isRequired?: true;
  /** It takes all words that are left. */
  readonly isRest?: true;
  /** People type it as several words, too. It gets all words that are left as one text, with spaces between them. */
  readonly mayHaveSpaces?: true;
}

export interface Command {
  readonly about: string;
  /** By their names, in their order. */
  readonly arguments?: Readonly<Record<string, Argument>>;
  /** By the headings under which the help shows them. */
  readonly groups?: Readonly<Record<string, Options>>;
  /** Commands of its own. */
  readonly commands?: Commands;
  /** The page of the manual that says more. */
  readonly page?: string;
}

/** By their names. */
export interface Commands {
  readonly [name: string]: Command;
}

const invite = {
  about: 'CODE[@PLACE[,PLACE]] or a friend; without one, a room is opened',
  mayHaveSpaces: true,
} as const;

const name = { about: 'the name of the lab', isRequired: true } as const;
const site = { about: 'a site of it, or rendezvous', isRequired: true } as const;

export const labCommands = {
  up: {
    about: 'make a lab that stays: [NAME] SITE…',
    arguments: { words: { about: 'a name for the lab, and its sites', isRest: true } },
    groups: { Options: labUpOptions },
  },
  try: {
    about: 'a rendezvous and two chats behind two sites, in a lab of their own',
    arguments: {
      sites: { about: 'two sites, and those that they are behind', isRequired: true, isRest: true },
    },
    groups: { Options: labTryOptions },
  },
  matrix: {
    about: 'let every pair of a list of sites meet, and tell what came of it',
    arguments: { pairs: { about: 'SITE:SITE, these instead of all of a list', isRest: true } },
    groups: { Options: labMatrixOptions },
  },
  list: { about: 'the labs that are up', groups: { Options: labListOptions } },
  enter: {
    about: 'a shell, or after -- a command, in a host or router',
    arguments: {
      name,
      host: { about: 'a host, rendezvous, internet or SITE.router', isRequired: true },
      command: { about: 'a command and its arguments', isRest: true },
    },
  },
  nat: {
    about: 'the rows of the NAT tables: inside, outside, remote, state, seconds left',
    arguments: { name, site: { about: 'one site; without it, all of them' } },
    groups: { Options: labNatOptions },
  },
  watch: {
    about: 'see every packet of a lab with its fate, and the NAT tables',
    arguments: { name },
    groups: { Options: labWatchOptions },
  },
  replay: {
    about: 'see a recording of "lab watch" again, step by step',
    arguments: { file: { about: 'what lab watch --record has written', isRequired: true } },
    groups: { Options: labReplayOptions },
  },
  dial: {
    about: 'dial from a host with a plain socket: [NAME HOST] ENDPOINT',
    arguments: {
      words: { about: 'the lab and the host, if not here, and ADDRESS:PORT', isRequired: true, isRest: true },
    },
    groups: { Options: labDialOptions },
  },
  listen: {
    about: 'accept one connection in a host with a plain socket',
    arguments: {
      name: { about: 'the name of the lab; inside it, none' },
      host: { about: 'a host of it; inside the lab, none' },
    },
    groups: { Options: labListenOptions },
  },
  cut: {
    about: 'swallow all packets on the line of a site',
    arguments: { name, site },
    groups: { Options: labCutOptions },
  },
  restore: { about: 'let packets through again', arguments: { name, site } },
  rebind: {
    about: 'let a site forget its mappings and take a new address',
    arguments: { name, site },
  },
  down: {
    about: 'end a lab',
    arguments: { name: { about: 'the name of the lab, if there are several' } },
    groups: { Options: labDownOptions },
  },
} as const satisfies Commands;

const exercise = { about: 'its number or name; without one, the one that was started last' } as const;

export const workshopCommands = {
  list: { about: 'all exercises, and how far you are', groups: { Options: workshopListOptions } },
  start: {
    about: 'the goal, your prediction, the lab, and what to do; next: the first that is not passed',
    arguments: { exercise: { about: 'its number or name; without one, the next' } },
    groups: { Options: workshopStartOptions },
  },
  verdict: {
    about: 'compare what was seen with what had to be, and with your prediction',
    arguments: { exercise },
    groups: { Options: workshopVerdictOptions },
  },
  hint: { about: 'a hint, and a stronger one each time', arguments: { exercise } },
  solution: {
    about: 'the solution; it is noted that it was shown',
    arguments: { exercise },
    groups: { Options: workshopSolutionOptions },
  },
  files: { about: 'copy the programs of an exercise to this folder', arguments: { exercise } },
  reset: { about: 'begin an exercise anew; the predictions are kept', arguments: { exercise } },
  end: { about: 'take the lab of an exercise down', arguments: { exercise } },
  rehearse: {
    about: 'go through an exercise by itself, to see whether this machine can',
    arguments: { exercise: { about: 'its number or name', isRequired: true } },
    groups: { Options: workshopRehearseOptions },
  },
  print: {
    about: 'a page in HTML, to be printed',
    groups: { Options: workshopPrintOptions },
  },
  check: {
    about: 'try a client of your own behind NATs, and say what is wrong with it',
    arguments: { command: { about: 'behind --: the client and its arguments', isRest: true } },
    groups: { Options: workshopCheckOptions },
  },
  join: {
    about: 'share your progress with the teacher of a class',
    arguments: { folder: { about: 'the folder that your teacher names', isRequired: true } },
  },
  leave: { about: 'share it no longer' },
  class: {
    about: 'for teachers: make a class that learners can join',
    arguments: { folder: { about: 'a folder that is not there yet', isRequired: true } },
  },
  board: {
    about: 'for teachers: how far each learner is; with an exercise, what the class predicts',
    arguments: { exercise: { about: 'its number or name' } },
    groups: { Options: workshopBoardOptions },
  },
  freeze: {
    about: 'for teachers: exercises take predictions, and show no more',
    arguments: { exercises: { about: 'their numbers or names; without one, all of them', isRest: true } },
  },
  release: {
    about: 'for teachers: let learners go on with exercises',
    arguments: { exercises: { about: 'their numbers or names; without one, all of them', isRest: true } },
  },
} as const satisfies Commands;

const friend = { about: 'the name of a friend', isRequired: true } as const;

export const friendsCommands = {
  list: { about: 'all friends, and what waits for them', groups: { Options: friendsListOptions } },
  rename: {
    about: 'call a friend otherwise; the friend does not learn of it',
    arguments: { old: friend, new: { about: 'the new name', isRequired: true } },
  },
  remove: {
    about: 'forget a friend, and the messages that wait',
    arguments: { name: friend },
    groups: { Options: friendsRemoveOptions },
  },
  export: {
    about: 'write all friends into a new file, sealed with a password',
    arguments: { file: { about: 'a file that is not there yet', isRequired: true } },
  },
  import: {
    about: 'take the friends of such a file; those that are there stay as they are',
    arguments: { file: { about: 'what friends export has written', isRequired: true } },
  },
} as const satisfies Commands;

export const commands = {
  chat: {
    about: 'chat with one peer; without an INVITE, open a room and show one',
    arguments: { invite },
    page: 'chat',
    groups: {
      Connect: connectingOptions,
      Chat: conversationOptions,
      Screen: screenOptions,
      Scripts: scriptOptions,
    },
  },
  pipe: {
    about: 'stdin and stdout over the punched, encrypted connection',
    arguments: { invite },
    page: 'files',
    groups: { Connect: connectingOptions },
  },
  send: {
    about: 'hand over files, folders or a text, and end',
    arguments: {
      path: {
        about: 'what to send, - for stdin; last, the INVITE or a friend; without one, a room is opened',
        isRest: true,
      },
    },
    page: 'files',
    groups: { Send: sendOptions, Connect: connectingOptions },
  },
  receive: {
    about: 'take what the other side sends, and end',
    arguments: { invite },
    page: 'files',
    groups: { Receive: receiveOptions, Connect: connectingOptions },
  },
  forward: {
    about: 'reach TCP ports of the other side from here, over the same encrypted connection',
    arguments: {
      forward: {
        about: '[ADDRESS:]PORT:HOST:PORT, a port here and a target there; last, the INVITE or a friend',
        isRest: true,
      },
    },
    page: 'files',
    groups: { Forward: forwardOptions, Connect: connectingOptions },
  },
  friends: {
    about: 'who can be met without a code',
    commands: friendsCommands,
    page: 'friends',
  },
  serve: {
    about: 'run a rendezvous server',
    page: 'serve',
    groups: {
      Listening: listenOptions,
      Relay: relayOptions,
      Limits: limitOptions,
      'Several servers': clusterOptions,
      HTTPS: webOptions,
      Watching: watchOptions,
    },
  },
  doctor: {
    about: 'what kind of NAT this machine is behind, and which peers it can reach',
    page: 'doctor',
    groups: { Options: doctorOptions },
  },
  lab: {
    about: 'networks with NATs on this machine, to see punching work and fail (Linux)',
    commands: labCommands,
    page: 'lab',
  },
  workshop: {
    about: 'exercises on NAT traversal, with real networks and a verdict on real packets (Linux)',
    commands: workshopCommands,
    page: 'workshop',
  },
  demo: {
    about: 'two peers and a rendezvous on this machine, in one terminal',
    page: 'chat',
    groups: { Options: demoOptions },
  },
  help: {
    about: 'the manual, in the terminal; without a TOPIC, a list of its pages',
    arguments: { topic: { about: 'a page of the manual, or a command', mayHaveSpaces: true } },
  },
  completion: {
    about: 'a script that makes a shell complete all this',
    arguments: { shell: { about: 'bash, zsh or fish', isRequired: true } },
    page: 'config',
  },
  version: { about: 'which version this is' },
} as const satisfies Commands;

/** A command behind `friends`, `lab` or `workshop`. Undefined if it has no such command. */
export function innerCommand(first: string, second = ''): Command | undefined {
  const inner: Commands =
    { friends: friendsCommands, lab: labCommands, workshop: workshopCommands }[first] ?? {};
  return Object.hasOwn(inner, second) ? inner[second] : undefined;
}

/** All options of a command, by name. */
export function optionsOf({ groups = {} }: Command): Options {
  return Object.assign({}, ...Object.values(groups)) as Options;
}
