/** The part of the script for fish that follows from the tables. fish.sh defines the functions. This file is pure. */
import type { CompletedCommand, CompletedOption } from './completed-commands.ts';
import type { ScriptFacts } from './script-facts.ts';
import type { Described, Source } from './word-source.ts';

/** Lines that tell fish what there is. */
export function fishTables({ commands, first, siteWords }: ScriptFacts): string {
  const inner = commands.filter(({ path }) => path.includes(' '));
  const outer = commands.filter(({ path }) => !path.includes(' '));
  return [
    ...Object.entries(siteWords).map(
      ([name, words]) => `set -g __punchline_site_${name} ${words.map(quoted).join(' ')}`,
    ),
    ...printer('__punchline_inner', inner),
    ...printer('__punchline_outer', outer),
    ...valuedLines(commands),
    '',
    'complete -c punchline -e',
    'complete -c punchline -f',
    ...wordLines('__punchline_first', first),
    line(`__punchline_word '' 1`, "-a '(__punchline_peer)'"),
    ...commands.flatMap((command) => [...optionLines(command), ...positionLines(command)]),
    '',
  ].join('\n');
}

function printer(name: string, some: readonly CompletedCommand[]): string[] {
  const paths = some.map(({ path }) => quoted(path)).join(' ');
  return ['', `function ${name}`, String.raw`    printf '%s\n' ${paths}`, 'end'];
}

/** The options of each command that take the next word as their value. Without a command, it is chat. */
function valuedLines(commands: readonly CompletedCommand[]): string[] {
  const cases = commands.flatMap(({ options, path }) => {
    const forms = options.flatMap((option) => (option.value?.isOptional === false ? option.forms : []));
    return forms.length === 0
      ? []
      : [
          `        case ${quoted(path)}${path === 'chat' ? " ''" : ''}`,
          String.raw`            printf '%s\n' ${forms.join(' ')}`,
        ];
  });
  return ['', 'function __punchline_valued', '    switch "$argv[1]"', ...cases, '    end', 'end'];
}

function optionLines({ options, path }: CompletedCommand): string[] {
  const condition = `__punchline_at ${quoted(path)}${path === 'chat' ? " ''" : ''}`;
  return options.flatMap((option) => optionLine(option, condition));
}

function optionLine({ about, forms, value }: CompletedOption, condition: string): string[] {
  const names = forms.map((form) => (form.startsWith('--') ? `-l ${form.slice(2)}` : `-s ${form.slice(1)}`));
  const option = names.join(' ');
  const meaning = `-d ${quoted(about)}`;
  if (value === undefined || value.isOptional) {
    return [line(condition, `${option} ${meaning}`)];
  }
  return [line(condition, `${option} ${action(value.source)} ${meaning}`)];
}

function positionLines({ commands, isOpen, path, words }: CompletedCommand): string[] {
  if (commands.length > 0) {
    const others = words[0]?.kind === 'words' ? words[0].words : [];
    return wordLines(`__punchline_word ${quoted(path)} 1`, [...commands, ...others]);
  }
  return words.flatMap((source, index) => {
    const isLast = isOpen && index === words.length - 1;
    const condition = `__punchline_word ${quoted(path)} ${index + 1}${isLast ? ' +' : ''}`;
    if (source.kind === 'words') {
      return wordLines(condition, source.words);
    }
    return source.kind === 'nothing' ? [] : [line(condition, action(source).replace(/^-[rx] /, ''))];
  });
}

function wordLines(condition: string, words: readonly Described[]): string[] {
  return words.map(([word, about]) =>
    line(condition, `-a ${quoted(word)}${about === '' ? '' : ` -d ${quoted(about)}`}`),
  );
}

function line(condition: string, what: string): string {
  return `complete -c punchline -n ${quoted(condition)} ${what}`;
}

/** What completes the value of an option. Without the first of its words, it completes a word. */
function action(source: Source): string {
  switch (source.kind) {
    case 'nothing': {
      return '-x';
    }
    case 'files': {
      return '-r -F';
    }
    case 'things': {
      return "-r -F -a '(__punchline_peer)'";
    }
    case 'words': {
      return `-x -a ${quoted(source.words.map(([word]) => word).join(' '))}`;
    }
    case 'list': {
      return `-x -a ${quoted(`(__punchline_list ${source.words.map(([word]) => word).join(' ')})`)}`;
    }
    default: {
      return `-x -a '(__punchline_${source.kind.replaceAll('-', '_')})'`;
    }
  }
}

/** One word for fish, in which nothing is evaluated. */
function quoted(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
