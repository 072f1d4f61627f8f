/** The commands behind `friends`, `lab` and `workshop`. Most lines need none of them, so this is loaded only then. */
import type { Argv } from 'yargs';
import { friendsCommands, labCommands, workshopCommands } from './options/command-table.ts';
import type { addCommand, Loader, Run } from './parsing/parser.ts';

/** What the program adds a command with. The parser is loaded with the program, and this code is not. */
export interface Adding {
  readonly add: typeof addCommand;
  /** Gets what was typed. */
  readonly choose: (run: Run) => void;
}

/** Any word that is no command, and those behind it. */
const anything = { command: { about: '' }, words: { about: '', isRest: true } } as const;

/** Adds the commands of `friends`. */
export function addFriendsCommands(friends: Argv, { add, choose }: Adding): void {
  for (const [name, load] of Object.entries(friendsLoaders)) {
    add(friends, [name], friendsCommands[name as keyof typeof friendsCommands], load, choose);
  }
  add(friends, ['$0'], { about: '', arguments: anything }, loadMistypedFriends, choose);
}

function changing() {
  return import('./commands/friends/friends-change.ts');
}

function carrying() {
  return import('./commands/friends/friends-carry.ts');
}

const friendsLoaders: Readonly<Record<keyof typeof friendsCommands, Loader>> = {
  list: async () => (await import('./commands/friends/friends-list.ts')).runFriendsList,
  rename: async () => (await changing()).runFriendsRename,
  remove: async () => (await changing()).runFriendsRemove,
  export: async () => (await carrying()).runFriendsExport,
  import: async () => (await carrying()).runFriendsImport,
};

async function loadMistypedFriends() {
  const { mistypedFriendsCommand } = await changing();
  return ({ command }: { readonly command?: string }) => Promise.reject(mistypedFriendsCommand(command));
}

/** Adds the commands of `workshop`. `foreign` is the command behind two hyphens. */
export function addWorkshopCommands(
  workshop: Argv,
  foreign: readonly string[],
  { add, choose }: Adding,
): void {
  for (const [name, load] of Object.entries(workshopLoadersFor(foreign))) {
    add(workshop, [name], workshopCommands[name as keyof typeof workshopCommands], load, choose);
  }
  add(workshop, ['record'], workshopCommands.end, loadWorkshopRecord, choose);
}

function named() {
  return import('./commands/lab/lab-named.ts');
}

function teaching() {
  return import('./commands/workshop/workshop-class.ts');
}

function helping() {
  return import('./commands/workshop/workshop-help.ts');
}

/** `foreign` is the command behind two hyphens, for `workshop check`. */
function workshopLoadersFor(
  foreign: readonly string[],
): Readonly<Record<keyof typeof workshopCommands, Loader>> {
  return {
    list: async () => (await import('./commands/workshop/workshop-list.ts')).runWorkshopList,
    start: async () => (await import('./commands/workshop/workshop-start.ts')).runWorkshopStart,
    verdict: async () => (await import('./commands/workshop/workshop-verdict.ts')).runWorkshopVerdict,
    hint: async () => (await helping()).runWorkshopHint,
    solution: async () => (await helping()).runWorkshopSolution,
    files: async () => (await helping()).runWorkshopFiles,
    reset: async () => (await helping()).runWorkshopReset,
    end: async () => (await helping()).runWorkshopEnd,
    rehearse: async () => (await import('./commands/workshop/workshop-rehearse.ts')).runWorkshopRehearse,
    print: async () => (await import('./commands/workshop/workshop-print.ts')).runWorkshopPrint,
    check: async () => {
      const { runWorkshopCheck } = await import('./commands/workshop/workshop-check.ts');
      return ({ command, ...options }: Parameters<typeof runWorkshopCheck>[0]) =>
        runWorkshopCheck({ ...options, command: [...command, ...foreign] });
    },
    join: async () => (await teaching()).runWorkshopJoin,
    leave: async () => (await teaching()).runWorkshopLeave,
    class: async () => (await teaching()).runWorkshopClass,
    board: async () => (await import('./commands/workshop/workshop-board.ts')).runWorkshopBoard,
    freeze: async () => (await teaching()).runWorkshopFreeze,
    release: async () => (await teaching()).runWorkshopRelease,
  };
}

/** Nobody types this: it is the process that records the lab of an exercise. */
async function loadWorkshopRecord() {
  return (await import('./commands/workshop/workshop-record.ts')).runWorkshopRecord;
}

function sockets() {
  return import('./commands/lab/lab-sockets.ts');
}

/** `foreign` is the command behind two hyphens, for `lab enter`. */
function labLoadersFor(foreign: readonly string[]): Readonly<Record<keyof typeof labCommands, Loader>> {
  return {
    up: async () => (await import('./commands/lab/lab-up.ts')).runLabUp,
    try: async () => (await import('./commands/lab/lab-try.ts')).runLabTry,
    matrix: async () => (await import('./commands/lab/lab-matrix.ts')).runLabMatrix,
    list: async () => (await named()).runLabList,
    enter: async () => {
      const { runLabEnter } = await import('./commands/lab/lab-enter.ts');
      return ({ command, ...place }: Parameters<typeof runLabEnter>[0]) =>
        runLabEnter({ ...place, command: [...command, ...foreign] });
    },
    nat: async () => (await import('./commands/lab/lab-nat.ts')).runLabNat,
    watch: async () => (await import('./commands/lab/lab-watch.ts')).runLabWatch,
    replay: async () => (await import('./commands/lab/lab-replay.ts')).runLabReplay,
    dial: async () => (await sockets()).runLabDial,
    listen: async () => (await sockets()).runLabListen,
    cut: async () => (await named()).runLabCut,
    restore: async () => (await named()).runLabRestore,
    rebind: async () => (await named()).runLabRebind,
    down: async () => (await named()).runLabDown,
  };
}

/** Adds the commands of `lab`. `foreign` is the command behind two hyphens. */
export function addLabCommands(lab: Argv, foreign: readonly string[], { add, choose }: Adding): void {
  for (const [name, load] of Object.entries(labLoadersFor(foreign))) {
    add(lab, [name], labCommands[name as keyof typeof labCommands], load, choose);
  }
  add(lab, ['hold'], { about: '' }, loadLabHold, choose);
  add(lab, ['$0'], { about: '', arguments: anything }, loadMistypedLab, choose);
}

/** Nobody types this: it is the process behind `lab up`. */
async function loadLabHold() {
  return (await import('./commands/lab/lab-up.ts')).runLabHold;
}

async function loadMistypedLab() {
  const { mistypedLabCommand } = await named();
  return ({ command }: { readonly command?: string }) => Promise.reject(mistypedLabCommand(command));
}
