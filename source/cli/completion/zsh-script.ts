/** The part of the script for zsh that follows from the tables. zsh.sh uses its functions. This file is pure. */
import { quoted, type ScriptFacts } from './script-facts.ts';
import type { CompletedCommand, CompletedOption } from './completed-commands.ts';
import type { Described, Source } from './word-source.ts';

/** Functions of zsh that say what there is, and the lines that make zsh call them. */
export function zshTables({ commands, first, siteWords }: ScriptFacts): string {
  const inner = commands.filter(({ path }) => path.includes(' '));
  const outer = commands.filter(({ path }) => !path.includes(' '));
  const sets = new WordSets();
  const rows = commands.flatMap((command) => argumentRows(command, first, sets));
  return [
    ...Object.entries(siteWords).map(
      ([name, words]) => `typeset -ga _punchline_site_${name}=(${words.map(quoted).join(' ')})`,
    ),
    'typeset -ga _punchline_code_words=()',
    ...sets.functions(),
    '',
    '_punchline_command() {',
    '    case "$1 $2" in',
    `        ${inner.map(({ path }) => quoted(path)).join(' | ')}) called="$1 $2" at=3; return ;;`,
    '    esac',
    '    case $1 in',
    `        ${outer.map(({ path }) => path).join(' | ')}) called=$1 at=2 ;;`,
    '    esac',
    '}',
    '',
    '_punchline_arguments() {',
    '    case $called in',
    ...rows.map((row) => `        ${row}`),
    '    esac',
    '}',
    '',
    '# The script may be sourced, or be a file in a folder of fpath.',
    'if [[ ${funcstack[1]} == _punchline ]]; then',
    '    _punchline "$@"',
    'else',
    '    compdef _punchline punchline',
    'fi',
    '',
  ].join('\n');
}

/** Words with their meanings, each set in a function of its own: zsh would read them twice in the action of a word. */
class WordSets {
  readonly #names = new Map<string, string>();

  /** The name of the function that offers the words. */
  named(words: readonly Described[]): string {
    const list = words.map(([word, about]) => quoted(about === '' ? word : `${word}:${about}`)).join(' ');
    const name = this.#names.get(list) ?? `_punchline_set_${this.#names.size + 1}`;
    this.#names.set(list, name);
    return name;
  }

  functions(): string[] {
    return [...this.#names].flatMap(([list, name]) => [
      '',
      `${name}() {`,
      `    local -a described=(${list})`,
      '    _describe -t words word described',
      '}',
    ]);
  }
}

function argumentRows(command: CompletedCommand, first: readonly Described[], sets: WordSets): string[] {
  const options = command.options.flatMap((option) => optionSpecs(option, sets));
  const rows = caseRow(command.path, [...options, ...wordSpecs(command, sets)]);
  return command.path === 'chat'
    ? [...rows, ...caseRow('', [...options, quoted(`1: : _punchline_first ${sets.named(first)}`)])]
    : rows;
}

function caseRow(path: string, specs: readonly string[]): string[] {
  return [
    `${quoted(path)})`,
    '    _arguments -S \\',
    `        ${specs.join(' \\\n                ')}`,
    '    ;;',
  ];
}

function optionSpecs({ about, forms, isRepeatable, value }: CompletedOption, sets: WordSets): string[] {
  return forms.map((form) => {
    const others = isRepeatable ? '*' : forms.length > 1 ? `(${forms.join(' ')})` : '';
    const mark = value === undefined ? '' : markOf(form, value.isOptional);
    const behind =
      value === undefined
        ? ''
        : `${value.isOptional ? '::' : ':'}${escaped(value.name)}:${action(value.source, sets)}`;
    return quoted(`${others}${form}${mark}[${escaped(about)}]${behind}`);
  });
}

/** How the value stands behind the option. */
function markOf(form: string, isOptional: boolean): string {
  return isOptional ? '=-' : form.startsWith('--') ? '=' : '+';
}

function wordSpecs({ commands, isOpen, words }: CompletedCommand, sets: WordSets): string[] {
  if (commands.length > 0) {
    const others = words[0]?.kind === 'words' ? words[0].words : [];
    return [quoted(`1: : ${sets.named([...commands, ...others])}`)];
  }
  return words.map((source, index) =>
    quoted(`${isOpen && index === words.length - 1 ? '*' : index + 1}: :${action(source, sets)}`),
  );
}

/** A space in front keeps zsh from adding options of its own. */
function action(source: Source, sets: WordSets): string {
  switch (source.kind) {
    case 'nothing': {
      return ' ';
    }
    case 'files': {
      return '_files';
    }
    case 'folders': {
      return '_files -/';
    }
    case 'words': {
      return ` ${sets.named(source.words)}`;
    }
    case 'list': {
      return ` _punchline_list ${source.words.map(([word]) => word).join(' ')}`;
    }
    default: {
      return ` _punchline_${source.kind.replaceAll('-', '_')}`;
    }
  }
}

/** What stands in brackets, or between colons. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
}
