import { notSupported, path, required } from '../../field-errors.js';
import type { Binding } from '../../gen/types.js';
import { defineKind } from '../../kind.js';

/** Binds a pod to a node. It is carried out and not kept. */
export const binding = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  scope: 'Namespaced',
  verbs: ['create'],
  isRequest: true,
  validate({ target }) {
    const errors = [];
    const kind = target?.kind ?? '';
    if (kind !== '' && kind !== 'Node') errors.push(notSupported(path('target', 'kind'), kind, ['Node', '<empty>']));
    if ((target?.name ?? '') === '') errors.push(required(path('target', 'name')));
    return errors;
  },
});
