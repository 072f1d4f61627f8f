/** What the help shows of a command besides its options. It is loaded only with the help. */
import type { commands, friendsCommands, labCommands, workshopCommands } from './command-table.ts';

/** A command line that people type, and what it does. */
export type Example = readonly [line: string, about: string];

type Path =
  | keyof typeof commands
  | `friends ${keyof typeof friendsCommands}`
  | `lab ${keyof typeof labCommands}`
  | `workshop ${keyof typeof workshopCommands}`;

/** The first that somebody needs who has never seen the program. Each line fits into 40 columns. */
export const programExamples: readonly Example[] = [
  ['punchline chat', 'open a room; it shows an invite'],
  ['punchline 7-velvet-orbit@wormhole', 'join with that invite'],
  ['punchline demo', 'see it work, on this machine alone'],
  ['punchline doctor --stun', 'see whom your network lets you reach'],
];

/** By the words of a command. */
export const examples: Readonly<Record<Path, readonly Example[]>> = {
  chat: [
    ['punchline chat', 'open a room: it asks where'],
    ['punchline chat --here', 'on this machine, without any server'],
    ['punchline chat -s wormhole', 'at the public mailbox'],
    ['punchline 7-velvet-orbit@example.org', 'join with an invite'],
    ['punchline chat INVITE --send photos', 'join, and offer a folder'],
  ],
  pipe: [
    ['punchline pipe --here > photos.tar', 'open a room; the invite is on stderr'],
    ['tar c photos | punchline pipe INVITE', 'join it, and send'],
  ],
  send: [
    ['punchline send photos', 'it shows what to type on the other side'],
    ['punchline send a.pdf b.pdf INVITE', 'the other side has opened a room'],
    ['punchline send --text "see you at 8"', 'a text'],
    ['ls -l | punchline send -', 'what another program prints'],
  ],
  receive: [
    ['punchline receive INVITE', 'it asks before it takes anything'],
    ['punchline receive INVITE --into photos', 'into another folder'],
    ['punchline receive -s wormhole', 'open a room; the other side sends'],
  ],
  forward: [
    ['punchline forward --allow web:80', 'there: give one port'],
    ['punchline forward 8080:web:80 INVITE', 'here: reach it at port 8080'],
  ],
  friends: [
    ['punchline friends', 'all of them'],
    ['punchline friends rename peer ada', 'call one otherwise'],
    ['punchline friends export friends.json', 'for another machine'],
  ],
  serve: [
    ['punchline serve', 'for everybody, on ports 8877 and 8878'],
    ['punchline serve --host 127.0.0.1', 'for this machine alone, to try it'],
  ],
  doctor: [
    ['punchline doctor -s example.org', 'whom can I reach?'],
    ['punchline doctor -s HOST --lifetime', 'and when does my NAT forget me?'],
    ['punchline doctor --stun', 'how does my NAT map? no rendezvous'],
  ],
  lab: [
    ['punchline lab try restricted random', 'two chats behind two NATs: watch them meet'],
    ['punchline lab up class a=cone b=random', 'a lab that stays'],
  ],
  workshop: [
    ['punchline workshop', 'all exercises, and how far you are'],
    ['punchline workshop 1', 'start the first'],
    ['punchline workshop verdict', 'what do the packets say?'],
  ],
  demo: [['punchline demo', 'F6 moves between the two sides']],
  help: [
    ['punchline help chat', 'all of the chat'],
    ['punchline help troubleshooting', 'when the network fails'],
  ],
  completion: [
    ['punchline completion bash', 'the manual says where to put it'],
    ['punchline completion fish | source', 'for this shell alone'],
  ],
  version: [['punchline version', 'for example 0.1.0']],
  'friends list': [
    ['punchline friends', 'the same'],
    ['punchline friends --json', 'for a script'],
  ],
  'friends rename': [['punchline friends rename peer ada', '']],
  'friends remove': [
    ['punchline friends remove ada', 'it asks before'],
    ['punchline friends remove ada --yes', 'in a script'],
  ],
  'friends export': [['punchline friends export friends.json', 'it asks for a password']],
  'friends import': [['punchline friends import friends.json', 'on the other machine']],
  'lab up': [
    ['punchline lab up class a=cone b=random', 'a lab with the name "class"'],
    ['punchline lab up --file class.json', 'the same, from a file'],
  ],
  'lab try': [
    ['punchline lab try restricted random', 'two chats behind two NATs'],
    ['punchline lab try cone,loss=5 random', 'the first line loses 5 % of its packets'],
  ],
  'lab matrix': [
    ['punchline lab matrix', 'each mapping with each other'],
    ['punchline lab matrix random:counting', 'one pair, five times'],
  ],
  'lab list': [['punchline lab list', '']],
  'lab enter': [
    ['punchline lab enter class a', 'a shell on host a'],
    ['punchline lab enter class a -- ip addr', 'one command there'],
  ],
  'lab nat': [['punchline lab nat class a', 'which mappings the router of site a has now']],
  'lab watch': [
    ['punchline lab watch class', 'on the screen, until q'],
    ['punchline lab watch class --svg a.svg', 'and at the end as a picture'],
  ],
  'lab replay': [['punchline lab replay class.jsonl', 'a recording, step by step']],
  'lab dial': [
    ['punchline lab dial class a 50.0.2.2:9', 'from host a of the lab "class"'],
    ['punchline lab dial 50.0.2.2:9', 'the same in a shell of host a'],
  ],
  'lab listen': [['punchline lab listen class b --from 9', 'at port 9 of host b']],
  'lab cut': [['punchline lab cut class a --for 20', 'for 20 seconds']],
  'lab restore': [['punchline lab restore class a', 'end the cut']],
  'lab rebind': [['punchline lab rebind class a', 'as when a router restarts']],
  'lab down': [['punchline lab down class', '']],
  'workshop list': [['punchline workshop', 'the same']],
  'workshop start': [
    ['punchline workshop 3', 'the third'],
    ['punchline workshop next', 'the first that is not passed'],
    ['punchline workshop 4 --predict 2', 'without being asked'],
  ],
  'workshop verdict': [
    ['punchline workshop verdict', 'on the one that was started last'],
    ['punchline workshop verdict 3', 'on the third'],
  ],
  'workshop hint': [['punchline workshop hint 3', 'one more hint']],
  'workshop solution': [['punchline workshop solution 3', 'it asks before']],
  'workshop files': [['punchline workshop files 5', 'the old C program']],
  'workshop reset': [['punchline workshop reset 3', '']],
  'workshop end': [['punchline workshop end 3', '']],
  'workshop rehearse': [['punchline workshop rehearse 3', 'by its solution']],
  'workshop check': [
    ['punchline workshop check -- ./client', 'on every network, until one trial fails'],
    ['punchline workshop check --all -- ./c', 'all trials'],
  ],
  'workshop join': [['punchline workshop join /srv/class', '']],
  'workshop leave': [['punchline workshop leave', '']],
  'workshop class': [['punchline workshop class /srv/class', 'learners join it']],
  'workshop board': [
    ['punchline workshop board', 'all learners and exercises'],
    ['punchline workshop board 4', 'what does the class predict?'],
  ],
  'workshop freeze': [['punchline workshop freeze 4', 'predictions only']],
  'workshop release': [['punchline workshop release 4', 'let them look']],
  'workshop print': [['punchline workshop print --handout', 'pass it on with > handout.html']],
};

/** The words of a SITE, for the commands that take one. */
export const siteWords: readonly (readonly [term: string, meaning: string])[] = [
  ['[NAME=]WORDS', 'for example alice=counting/rst,delay=20'],
  ['WORDS', 'a kind or a mapping, then after slashes ports, filtering, answer; then after commas options'],
  [
    'kinds',
    'open firewall full-cone restricted port-restricted other-port address-dependent counting random carrier',
  ],
  ['mappings', 'endpoint-independent (eim) address-dependent (adm) address-and-port-dependent (apdm) none'],
  ['ports', 'preserved sequential random'],
  ['filterings', 'endpoint-independent (eif) address-dependent (adf) address-and-port-dependent (apdf)'],
  ['answers', 'drop rst icmp, to a SYN that is let in to nobody'],
  [
    'options',
    'delay=MS jitter=MS loss=PERCENT idle=SECONDS mtu=BYTES behind=SITE network=A.B.C.0/24 ipv6=open|firewall hosts=A+B hairpin pcp natpmp upnp proxied nat64 slirp passt',
  ],
];
