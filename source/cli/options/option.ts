/**
 * What is known of an option. What yargs accepts, what is checked, the keys of
 * the config file, the help and the option tables of the manual follow from it.
 */

interface Common {
  /** What it does. The manual's row begins with the same words. */
  readonly about: string;
  /** What holds where it is not given, in words. Where `default` is a value, that says it. */
  readonly otherwise?: string;
}

interface Configurable extends Common {
  /** The config file may set it, under the same name. */
  readonly inConfig?: true;
}

export interface Flag extends Configurable {
  readonly kind: 'flag';
  /** It holds unless it is switched off: people type `--no-NAME`, and `about` tells what that does. */
  readonly isOn?: true;
}

export interface Text extends Configurable {
  readonly kind: 'text';
  /** One letter that stands for the name. */
  readonly alias?: string;
  /** How the help calls the value. */
  readonly argument: string;
  /** An empty text is refused with this hint. */
  readonly ifEmpty?: string;
}

export interface List extends Common {
  readonly kind: 'list';
  readonly argument: string;
  /** Stands between the values in one text. */
  readonly separator: string;
  /** Values of an option that is given again are added. Of all other options, the last value holds. */
  readonly isRepeatable?: true;
  readonly ifEmpty?: string;
  /** It may stand alone, which is an empty value. */
  readonly mayStandAlone?: true;
}

export interface Numeric extends Common {
  readonly kind: 'number';
  readonly argument: string;
  readonly min: number;
  readonly max: number;
  readonly whole?: true;
  /** How many ms or bytes one of it is; 1 where the number is used as it is. */
  readonly unit?: number;
  readonly default?: number;
  /** The value where the option stands alone. */
  readonly bare?: number;
}

export interface Choice extends Configurable {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default?: string;
  /** The choice that `--no-NAME` means. */
  readonly off?: string;
}

export type Option = Flag | Text | List | Numeric | Choice;
export type Options = Readonly<Record<string, Option>>;

/** `give-up` is the option, `giveUp` the property. */
type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

/** What yargs hands over: texts are still texts. */
export type Typed<Some extends Options> = {
  readonly [Name in keyof Some & string as Camel<Name>]?: TypedValue<Some[Name]> | undefined;
};
type TypedValue<One> = One extends Flag ? boolean : One extends { off: string } ? string | false : string;

/** What is meant, checked and in the program's own units. */
export type Values<Some extends Options> = {
  readonly [Name in keyof Some & string as Camel<Name>]: Value<Some[Name]>;
};
type Value<One> = One extends List
  ? readonly string[]
  : OneValue<One> | (One extends { default: string | number } ? never : undefined);
type OneValue<One> = One extends Flag
  ? boolean
  : One extends Numeric
    ? number
    : One extends { choices: readonly (infer Word)[] }
      ? Word
      : string;

/** What the config file may say of those that it may set. */
export type Configured<Some extends Options> = {
  readonly [Name in keyof Some as Some[Name] extends { inConfig: true } ? Name : never]?:
    | OneValue<Some[Name]>
    | undefined;
};

/** Those that the config file may set. */
export function configurable(options: Options): [name: string, option: Flag | Text | Choice][] {
  return Object.entries(options).flatMap(([name, option]) => ('inConfig' in option ? [[name, option]] : []));
}

export function camelOf(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** As it is typed, without a value: `-4`, `--json`. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** How people type it, each way of its own: `-s, --server HOST[:PORT]`, or `--relay auto|never|always` and `--no-relay`. */
export function optionForms(name: string, option: Option): readonly string[] {
  const long = dashed(name);
  switch (option.kind) {
    case 'flag': {
      return [option.isOn === true ? `--no-${name}` : long];
    }
    case 'choice': {
      const form = `${long} ${option.choices.join('|')}`;
      return option.off === undefined ? [form] : [form, `--no-${name}`];
    }
    case 'number': {
      return [option.bare === undefined ? `${long} ${option.argument}` : `${long}[=${option.argument}]`];
    }
    case 'list': {
      return [option.mayStandAlone === true ? `${long}[=${option.argument}]` : `${long} ${option.argument}`];
    }
    case 'text': {
      const alias = option.alias === undefined ? '' : `-${option.alias}, `;
      return [`${alias}${long} ${option.argument}`];
    }
  }
}

/** What it does, with its bounds and what holds without it. */
export function optionText(option: Option): string {
  const facts = option.kind === 'number' ? numberFacts(option) : [];
  if ('default' in option) {
    facts.push(`default: ${typeof option.default === 'number' ? inDigits(option.default) : option.default}`);
  } else if (option.otherwise !== undefined) {
    facts.push(`default: ${option.otherwise}`);
  }
  return facts.length === 0 ? option.about : `${option.about} (${facts.join('; ')})`;
}

function numberFacts({ argument, bare, max, min }: Numeric): string[] {
  return [
    // Everybody knows the bounds of a port.
    ...(argument === 'PORT' ? [] : [`${inDigits(min)} to ${inDigits(max)}`]),
    ...(bare === undefined ? [] : [`${inDigits(bare)} if it stands alone`]),
  ];
}

/** In the order of the table. JavaScript itself moves `4` and `6` to the front; here they come last. */
export function listed(options: Options): [name: string, option: Option][] {
  return Object.entries(options).toSorted(([a], [b]) => Number(a.length === 1) - Number(b.length === 1));
}

function inDigits(value: number): string {
  return value.toLocaleString('en');
}
