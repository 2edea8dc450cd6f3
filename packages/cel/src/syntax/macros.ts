import { call, comprehension, copy, type Expr, ident, list, literal, map, select } from './ast.js';

/** Names of the accumulator that expressions cannot spell, and of the one that they must not take. */
export const ACCUMULATOR = '@result';
const OLD_ACCUMULATOR = '__result__';
const UNUSED = '#unused';

export class MacroError extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Writes a call out as other expressions; undefined if it is an ordinary call after all. */
export type Macro = (at: number, target: Expr | undefined, args: readonly Expr[]) => Expr | undefined;

export type Macros = ReadonlyMap<string, Macro>;

export const macroKey = (name: string, args: number, member: boolean): string => `${name}:${args}:${member}`;

const accu = (at: number) => ident(at, ACCUMULATOR);
const isNotFalse = (at: number, condition: Expr) => call(at, '@not_strictly_false', [condition]);
const append = (at: number, element: Expr) => call(at, '_+_', [accu(at), list(at, [element])]);
const onlyIf = (at: number, filter: Expr | undefined, step: Expr) =>
  filter ? call(at, '_?_:_', [filter, step, accu(at)]) : step;
const count = (at: number, predicate: Expr) =>
  call(at, '_?_:_', [predicate, call(at, '_+_', [accu(at), literal(at, 1n)]), accu(at)]);

interface Variables {
  readonly iterVar: string;
  readonly iterVar2: string | undefined;
}

/** A comprehension whose parts are known but for its range and variables. */
type Fold = (at: number, ...args: Expr[]) => { init: Expr; condition: Expr; step: Expr; result: Expr };

const all: Fold = (at, predicate) => ({
  init: literal(at, true),
  condition: isNotFalse(at, accu(at)),
  step: call(at, '_&&_', [accu(at), predicate!]),
  result: accu(at),
});

const exists: Fold = (at, predicate) => ({
  init: literal(at, false),
  condition: isNotFalse(at, call(at, '!_', [accu(at)])),
  step: call(at, '_||_', [accu(at), predicate!]),
  result: accu(at),
});

const existsOne: Fold = (at, predicate) => ({
  init: literal(at, 0n),
  condition: literal(at, true),
  step: count(at, predicate!),
  result: call(at, '_==_', [accu(at), literal(at, 1n)]),
});

const collect = (at: number, init: Expr, step: Expr) => ({
  init,
  condition: literal(at, true),
  step,
  result: accu(at),
});

/** `(transform)` or `(filter, transform)`. */
const transformList: Fold = (at, first, second) =>
  collect(at, list(at, []), onlyIf(at, second && first, append(at, second ?? first!)));

const transformMapEntry: Fold = (at, first, second) =>
  collect(at, map(at, []), onlyIf(at, second && first, call(at, 'cel.@mapInsert', [accu(at), second ?? first!])));

function fold(at: number, range: Expr, variables: Variables, parts: ReturnType<Fold>): Expr {
  return comprehension(at, {
    range,
    ...variables,
    accuVar: ACCUMULATOR,
    accuInit: parts.init,
    condition: parts.condition,
    step: parts.step,
    result: parts.result,
  });
}

function variable(arg: Expr, problem: string): string {
  if (arg.kind !== 'ident') throw new MacroError(arg.at, problem);
  if (arg.name === ACCUMULATOR || arg.name === OLD_ACCUMULATOR) {
    throw new MacroError(arg.at, 'iteration variable overwrites accumulator variable');
  }
  return arg.name;
}

const oneVariable =
  (parts: Fold, problem: string): Macro =>
  (at, target, [first, ...rest]) =>
    fold(at, target!, { iterVar: variable(first!, problem), iterVar2: undefined }, parts(at, ...rest));

const SIMPLE_NAME = 'argument must be a simple name';
const IDENTIFIER = 'argument is not an identifier';

const twoVariables =
  (parts: (variables: Variables) => Fold): Macro =>
  (at, target, [first, second, ...rest]) => {
    for (const arg of [first!, second!]) if (arg.kind !== 'ident') throw new MacroError(arg.at, SIMPLE_NAME);
    const names = [first!, second!].map((arg) => (arg.kind === 'ident' ? arg.name : ''));
    if (names[0] === names[1]) throw new MacroError(second!.at, `duplicate variable name: ${names[0]}`);
    const variables = { iterVar: variable(first!, SIMPLE_NAME), iterVar2: variable(second!, SIMPLE_NAME) };
    return fold(at, target!, variables, parts(variables)(at, ...rest));
  };

const transformMap =
  ({ iterVar }: Variables): Fold =>
  (at, first, second) =>
    collect(
      at,
      map(at, []),
      onlyIf(at, second && first, call(at, 'cel.@mapInsert', [accu(at), ident(at, iterVar), second ?? first!])),
    );

const has: Macro = (at, _, [field]) => {
  if (field?.kind !== 'select') throw new MacroError(field!.at, 'invalid argument to has() macro');
  return select(at, field.operand, field.field, true);
};

const filter: Macro = (at, target, [variableArg, predicate]) => {
  const iterVar = variable(variableArg!, IDENTIFIER);
  const step = onlyIf(at, predicate!, append(at, variableArg!));
  return fold(at, target!, { iterVar, iterVar2: undefined }, collect(at, list(at, []), step));
};

/** `body` with the variable bound to `value`: a comprehension over nothing. */
function bind(at: number, name: string, value: Expr, body: Expr): Expr {
  return comprehension(at, {
    range: list(at, []),
    iterVar: UNUSED,
    iterVar2: undefined,
    accuVar: name,
    accuInit: value,
    condition: literal(at, false),
    step: ident(at, name),
    result: body,
  });
}

const optionalMap =
  (name: string, wrap: (at: number, body: Expr) => Expr): Macro =>
  (at, target, [variableArg, body]) => {
    if (variableArg?.kind !== 'ident') {
      throw new MacroError(variableArg!.at, `${name}() variable name must be a simple identifier`);
    }
    const value = call(at, 'value', [], copy(target!));
    return call(at, '_?_:_', [
      call(at, 'hasValue', [], target!),
      wrap(at, bind(at, variableArg.name, value, body!)),
      call(at, 'optional.none', []),
    ]);
  };

export const STANDARD_MACROS: readonly (readonly [string, Macro])[] = [
  [macroKey('has', 1, false), has],
  [macroKey('all', 2, true), oneVariable(all, SIMPLE_NAME)],
  [macroKey('exists', 2, true), oneVariable(exists, SIMPLE_NAME)],
  [macroKey('exists_one', 2, true), oneVariable(existsOne, SIMPLE_NAME)],
  [macroKey('existsOne', 2, true), oneVariable(existsOne, SIMPLE_NAME)],
  [macroKey('map', 2, true), oneVariable(transformList, IDENTIFIER)],
  [macroKey('map', 3, true), oneVariable(transformList, IDENTIFIER)],
  [macroKey('filter', 2, true), filter],
];

export const TWO_VARIABLE_MACROS: readonly (readonly [string, Macro])[] = [
  [macroKey('all', 3, true), twoVariables(() => all)],
  [macroKey('exists', 3, true), twoVariables(() => exists)],
  [macroKey('existsOne', 3, true), twoVariables(() => existsOne)],
  [macroKey('exists_one', 3, true), twoVariables(() => existsOne)],
  [macroKey('transformList', 3, true), twoVariables(() => transformList)],
  [macroKey('transformList', 4, true), twoVariables(() => transformList)],
  [macroKey('transformMap', 3, true), twoVariables(transformMap)],
  [macroKey('transformMap', 4, true), twoVariables(transformMap)],
  [macroKey('transformMapEntry', 3, true), twoVariables(() => transformMapEntry)],
  [macroKey('transformMapEntry', 4, true), twoVariables(() => transformMapEntry)],
];

export const OPTIONAL_MACROS: readonly (readonly [string, Macro])[] = [
  [macroKey('optMap', 2, true), optionalMap('optMap', (at, body) => call(at, 'optional.of', [body]))],
  [macroKey('optFlatMap', 2, true), optionalMap('optFlatMap', (_, body) => body)],
];

/** `cel.bind(name, value, body)`, where it is enabled. */
export const BIND_MACRO: readonly [string, Macro] = [
  macroKey('bind', 3, true),
  (at, target, [name, value, body]) => {
    if (target?.kind !== 'ident' || target.name !== 'cel') return undefined;
    if (name?.kind !== 'ident') throw new MacroError(name!.at, 'cel.bind() variable names must be simple identifiers');
    return bind(at, name.name, value!, body!);
  },
];

/** Two lists that may be sorted by what `sortBy` computes of each element. */
export const SORT_BY_MACRO: readonly [string, Macro] = [
  macroKey('sortBy', 2, true),
  (at, target, [variableArg, key]) => {
    const range = target!;
    const sortable = ['select', 'list', 'ident', 'comprehension', 'call'];
    if (!sortable.includes(range.kind)) {
      throw new MacroError(
        range.at,
        'sortBy can only be applied to a list, identifier, comprehension, call or select expression',
      );
    }
    const iterVar = variable(variableArg!, IDENTIFIER);
    const name = '@__sortBy_input__';
    const keys = fold(
      at,
      ident(at, name),
      { iterVar, iterVar2: undefined },
      collect(at, list(at, []), append(at, key!)),
    );
    return bind(at, name, range, call(at, '@sortByAssociatedKeys', [keys], ident(at, name)));
  },
];
