/** Texts with which a peer could try to control the terminal, one of each kind. */

const ESC = '\u001B';
const ST = `${ESC}\\`;
const BEL = '\u0007';

const families: Readonly<Record<string, readonly string[]>> = {
  C0: Array.from({ length: 33 }, (_, code) => `a${String.fromCharCode(code === 32 ? 127 : code)}b`),
  C1: Array.from({ length: 32 }, (_, index) => `a${String.fromCharCode(0x80 + index)}b`),
  cursor: ['H', '2A', '99B', '10;10H', '5G', 's', 'u', '?25l', '5 q'].map((end) => `${ESC}[${end}`),
  erasing: ['2J', '3J', 'K', '99P', '99L', '99M', '99@'].map((end) => `${ESC}[${end}`),
  scrolling: ['2;5r', '9S', '9T'].map((end) => `${ESC}[${end}`),
  colours: ['8m', '5m', '7m', '38;2;0;0;0m', '30;40m'].map((end) => `${ESC}[${end}hidden`),
  modes: [
    '?1049l',
    '?47h',
    '?2004l',
    '?1000h',
    '?1003h',
    '?1006l',
    '?1004l',
    '?7l',
    '?6h',
    '4h',
    '20h',
    '?2026h',
    '!p',
    '>4;2m',
    '>31u',
    '=1u',
  ].map((end) => `${ESC}[${end}`),
  titles: ['0;owned', '1;owned', '2;owned'].map((body) => `${ESC}]${body}${BEL}`),
  'title queries': [`${ESC}[21t`, `${ESC}[20t`, `${ESC}[22;0t`, `${ESC}[23;0t`, `${ESC}[8;5;5t`],
  clipboard: [`${ESC}]52;c;cm0gLXJmIC8=${BEL}`, `${ESC}]52;c;?${ST}`, `\u009D52;p;AAAA\u009C`],
  links: [`${ESC}]8;;https://evil.example${ST}https://good.example${ESC}]8;;${ST}`],
  notifications: [`${ESC}]9;owned${BEL}`, `${ESC}]777;notify;a;b${BEL}`, `${ESC}]99;;owned${ST}`],
  'other OSC': [
    `${ESC}]4;1;#000${BEL}`,
    `${ESC}]10;?${BEL}`,
    `${ESC}]11;#fff${BEL}`,
    `${ESC}]104${BEL}`,
    `${ESC}]7;file:///etc${BEL}`,
    `${ESC}]133;A${BEL}`,
    `${ESC}]1337;File=:AAAA${BEL}`,
    `${ESC}]unfinished`,
  ],
  DCS: [
    `${ESC}P$q"p${ST}`,
    `${ESC}P+q544e${ST}`,
    `${ESC}Pq#0;2;0;0;0~${ST}`,
    `${ESC}P1000p`,
    `${ESC}Ptmux;${ESC}${ESC}]0;x${BEL}${ST}`,
  ],
  'APC, PM and SOS': [`${ESC}_Gf=24;AAAA${ST}`, `${ESC}^pm${ST}`, `${ESC}Xsos${ST}`],
  queries: [
    `${ESC}[c`,
    `${ESC}[>c`,
    `${ESC}[6n`,
    `${ESC}[?6n`,
    `${ESC}[5n`,
    `${ESC}[?1$p`,
    `${ESC}[?u`,
    `${ESC}Z`,
  ],
  'character sets': [`${ESC}(0lqqk`, `${ESC})0\u000E`, `${ESC}%@`, `${ESC}n`],
  resets: [`${ESC}c`, `${ESC}7`, `${ESC}8`, `${ESC}#8`, `${ESC}D`, `${ESC}M`, `${ESC}=`, `${ESC}>`],
  pastes: [`${ESC}[200~rm -rf /\r${ESC}[201~`, `${ESC}[201~\r`],
  bidi: ['\u202Etxt.exe', '\u2066a\u2069', '\u200Fa', '\u061Ca', '\u202A\u202B\u202C\u202D'],
  invisible: ['a\u200Bb', '\u2060\uFEFF\u00AD\u180E', '\u{E0041}\u{E0042}\u{E007F}', '\u115F\u3164\u2800'],
  surrogates: ['\uD800', 'a\uDFFFb', '\uD83D'],
  marks: [`a${'\u0301'.repeat(500)}`, '\u0489'.repeat(50), '\u20DD\u20E3'],
  'line ends': ['a\r\nb\nc\rd', '\u2028\u2029\u0085\u000B\u000C', '\n'.repeat(200)],
  wide: ['👩‍👩‍👧‍👦'.repeat(200), '﷽'.repeat(100), '𒐫'.repeat(100), '\u{1F468}\u200D'.repeat(300)],
  long: [
    'x'.repeat(100_000),
    'word '.repeat(20_000),
    '日'.repeat(30_000),
    `https://${'a'.repeat(60_000)}.example`,
  ],
};

/** Pairs of kind and text. */
export const hostileTexts: readonly (readonly [string, string])[] = Object.entries(families).flatMap(
  ([family, texts]) => texts.map((text) => [family, text] as const),
);

export const hostileFamilies = Object.keys(families);

/** Names that look empty, like another name, or like more than a name. */
export const hostileNames: readonly string[] = [
  '',
  ' ',
  '\u200B',
  '\u3164',
  '\u2800\u2800',
  '\u{E0041}',
  '\uD800',
  '\n\n\n',
  '\u0301'.repeat(300),
  'me',
  'anna\u202E',
  'x'.repeat(10_000),
  '👩‍👩‍👧‍👦'.repeat(100),
  ...hostileTexts.filter(([family]) => family !== 'long').map(([, text]) => text),
];
