import { age } from '../duration.js';
import type { LabelSelector, PodTemplateSpec } from '../gen/types.js';
import type { Column, KubeObject } from '../kind.js';
import { labelMapMatcher, labelSelectorMatcher } from '../selectors/label.js';

export { nameColumn } from '../kind.js';

/** The age since creation. */
export function ageColumn<T extends KubeObject>(): Column<T> {
  return { name: 'Age', type: 'string', value: (it, { now }) => age(it.metadata.creationTimestamp, now) };
}

/** Containers and images of what makes pods, in wide output. */
export function templateColumns<T extends KubeObject>(template: (it: T) => PodTemplateSpec | undefined): Column<T>[] {
  const containers = (it: T) => template(it)?.spec?.containers ?? [];
  return [
    {
      name: 'Containers',
      type: 'string',
      priority: 1,
      value: (it) =>
        containers(it)
          .map((container) => container.name)
          .join(','),
    },
    {
      name: 'Images',
      type: 'string',
      priority: 1,
      value: (it) =>
        containers(it)
          .map((container) => container.image ?? '')
          .join(','),
    },
  ];
}

export function selectorColumn<T extends KubeObject>(selector: (it: T) => LabelSelector | undefined): Column<T> {
  return { name: 'Selector', type: 'string', priority: 1, value: (it) => selectorText(selector(it)) };
}

export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return '<none>';
  const text = labelSelectorMatcher(selector).toString();
  return text === '' ? '<none>' : text;
}

export function labelsText(labels: Record<string, string> | undefined): string {
  const text = labelMapMatcher(labels).toString();
  return text === '' ? '<none>' : text;
}

export function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? '<none>' : text;
}
