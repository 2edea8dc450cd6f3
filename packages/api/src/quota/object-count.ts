import { countName, type QuotaEvaluator } from './evaluator.js';

/** Names that counts had before every kind could be counted. */
const ALIASES: Readonly<Record<string, string>> = {
  '/configmaps': 'configmaps',
  '/resourcequotas': 'resourcequotas',
  '/replicationcontrollers': 'replicationcontrollers',
  '/secrets': 'secrets',
};

/** A kind of which only the number counts. */
export function objectCount(group: string, plural: string): QuotaEvaluator {
  const alias = ALIASES[`${group}/${plural}`];
  const names = [countName(group, plural), ...(alias === undefined ? [] : [alias])];
  const usage = Object.fromEntries(names.map((name) => [name, '1']));
  return {
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    matching: (all) => all.filter((name) => names.includes(name)),
    usage: () => usage,
  };
}
