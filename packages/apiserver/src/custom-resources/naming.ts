import { aggregateText, type CustomResourceDefinition, type CustomResourceDefinitionNames } from '@keelson/api';
import { type Condition, isTrue } from './conditions.js';

export interface Naming {
  /** Those that it may have of those that it wishes, beside those that it had. */
  readonly names: CustomResourceDefinitionNames;
  readonly condition: Condition;
}

/** Which of a definition's names it may have: nobody else in its group (`group`: all of it) has them yet. */
export function namingOf(definition: CustomResourceDefinition, group: Iterable<CustomResourceDefinition>): Naming {
  const taken = takenIn(group);
  const wished = definition.spec?.names ?? {};
  const had = definition.status?.acceptedNames ?? {};
  let condition: Condition = accepted;
  const refused = (reason: string, message: string) => {
    condition = { type: 'NamesAccepted', status: 'False', reason, message };
  };
  const settle = (field: 'plural' | 'singular' | 'kind' | 'listKind', others: ReadonlySet<string>, reason: string) => {
    const [wish = '', own = ''] = [wished[field], had[field]];
    if (wish === own || !others.has(wish)) return wish;
    refused(reason, inUse(wish));
    return own;
  };
  const plural = settle('plural', taken.resources, 'PluralConflict');
  const singular = settle('singular', taken.resources, 'SingularConflict');
  const own = new Set(had.shortNames ?? []);
  const conflicts = (wished.shortNames ?? []).filter((it) => !own.has(it) && taken.resources.has(it));
  if (conflicts.length > 0) refused('ShortNamesConflict', aggregateText(conflicts.map(inUse)));
  const shortNames = conflicts.length > 0 ? had.shortNames : wished.shortNames;
  const kind = settle('kind', taken.kinds, 'KindConflict');
  const listKind = settle('listKind', taken.kinds, 'ListKindConflict');
  const { categories } = wished;
  const names = {
    plural,
    ...(singular === '' ? {} : { singular }),
    ...(shortNames === undefined ? {} : { shortNames }),
    kind,
    ...(listKind === '' ? {} : { listKind }),
    ...(categories === undefined ? {} : { categories }),
  };
  return { names, condition };
}

const accepted: Condition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
};

/** What follows for the definition of a conversion that can be asked for: once established it stays so. */
export function establishmentOf(definition: CustomResourceDefinition, isCaBundleSound: boolean): Condition | undefined {
  if (isTrue(definition, 'Established')) return undefined;
  const of = (status: Condition['status'], reason: string, message: string): Condition => ({
    ...{ type: 'Established', status, reason, message },
  });
  if (!isTrue(definition, 'NamesAccepted')) return of('False', 'NotAccepted', 'not all names are accepted');
  if (!isCaBundleSound) return of('False', 'InvalidCABundle', 'The conversion webhook CABundle is invalid');
  return of('True', 'InitialNamesAccepted', 'the initial names have been accepted');
}

function takenIn(group: Iterable<CustomResourceDefinition>): { resources: Set<string>; kinds: Set<string> } {
  const [resources, kinds] = [new Set<string>(), new Set<string>()];
  for (const { status } of group) {
    const { plural = '', singular = '', shortNames, kind = '', listKind = '' } = status?.acceptedNames ?? {};
    for (const name of [plural, singular, ...(shortNames ?? [])]) resources.add(name);
    for (const name of [kind, listKind]) kinds.add(name);
  }
  return { resources, kinds };
}

const inUse = (name: string) => `${JSON.stringify(name)} is already in use`;
