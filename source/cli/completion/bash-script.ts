/** The part of the script for bash that follows from the tables. bash.sh uses its functions. This file is pure. */
import { quoted, type ScriptFacts } from './script-facts.ts';
import type { CompletedCommand } from './completed-commands.ts';
import type { Source } from './word-source.ts';

/** Functions of bash that say what there is, and the line that makes bash call them. */
export function bashTables({ commands, first, siteWords }: ScriptFacts): string {
  const inner = commands.filter(({ path }) => path.includes(' '));
  const outer = commands.filter(({ path }) => !path.includes(' '));
  return [
    ...Object.entries(siteWords).map(
      ([name, words]) => `_punchline_site_${name}=(${words.map(quoted).join(' ')})`,
    ),
    '_punchline_code_words=()',
    ...inFunction('_punchline_command', [
      ...inCase('"$1 $2"', [
        [inner.map(({ path }) => path), 'path="$1 $2" at=3'],
        ['*', ''],
      ]).slice(0, -1),
      'esac',
      '[[ -z $path ]] || return 0',
      ...inCase('$1', [[outer.map(({ path }) => path), 'path=$1 at=2']]),
    ]),
    ...inFunction('_punchline_options', inCase('$1', commands.map(optionsRow))),
    ...inFunction('_punchline_value', inCase('"$1 $2"', commands.flatMap(valueRows))),
    ...inFunction(
      '_punchline_word',
      inCase('"$1 $2"', [
        [[' 1'], `_punchline_first ${first.map(([name]) => quoted(name)).join(' ')}`],
        ...commands.flatMap(wordRows),
        ['*', '_punchline_nothing'],
      ]),
    ),
    'complete -o default -F _punchline punchline',
    '',
  ].join('\n');
}

/** Patterns, and what is done for them. */
type Row = readonly [patterns: readonly string[] | '*', run: string];

function inFunction(name: string, lines: readonly string[]): string[] {
  return ['', `${name}() {`, ...lines.map((line) => `    ${line}`), '}'];
}

function inCase(word: string, rows: readonly Row[]): string[] {
  return [
    `case ${word} in`,
    ...rows
      .filter(([patterns]) => patterns.length > 0)
      .map(
        ([patterns, run]) =>
          `    ${patterns === '*' ? '*' : patterns.map(pattern).join(' | ')})${run === '' ? '' : ` ${run}`} ;;`,
      ),
    'esac',
  ];
}

/** A pattern may end with a star, which stands for anything. */
function pattern(text: string): string {
  return text.endsWith('*') ? `${quoted(text.slice(0, -1))}*` : quoted(text);
}

function optionsRow({ options, path }: CompletedCommand): Row {
  const valued = options.flatMap(({ forms, value }) => (value?.isOptional === false ? forms : []));
  const forms = options.flatMap((option) => option.forms);
  return [[path], `options=(${forms.join(' ')}) valued=' ${valued.join(' ')} '`];
}

function valueRows({ options, path }: CompletedCommand): Row[] {
  return options.flatMap(({ forms, value }): Row[] =>
    value === undefined ? [] : [[forms.map((form) => `${path} ${form}`), call(value.source)]],
  );
}

function wordRows({ commands, isOpen, path, words }: CompletedCommand): Row[] {
  const rows = words.map((source, index): Row => {
    const isLast = isOpen && index === words.length - 1;
    return [[`${path} ${isLast ? '*' : index + 1}`], call(source)];
  });
  if (commands.length === 0) {
    return rows;
  }
  const others = words[0]?.kind === 'words' ? words[0].words : [];
  const names = [...commands, ...others].map(([name]) => quoted(name));
  return [[[`${path} 1`], `_punchline_words ${names.join(' ')}`]];
}

function call(source: Source): string {
  const name = `_punchline_${source.kind.replaceAll('-', '_')}`;
  return 'words' in source ? `${name} ${source.words.map(([word]) => quoted(word)).join(' ')}` : name;
}
