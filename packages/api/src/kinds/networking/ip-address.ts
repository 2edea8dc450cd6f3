import { type FieldError, invalid, Path, path, required } from '../../field-errors.js';
import type { IPAddress } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind } from '../../kind.js';
import { immutableField, type NameRule } from '../../meta.js';
import { pathSegmentErrors } from '../../names.js';
import { canonicalIpAddress } from '../addresses.js';
import { nameColumn } from '../columns.js';
import { dnsSubdomain } from '../rules.js';

const parent = path('spec', 'parentRef');
const PARENT = 'io.k8s.api.networking.v1.ParentReference';

/** The object's name is the address itself. */
const addressName: NameRule = (name) => canonicalIpAddress(name, new Path()).map((error) => error.detail);

export const ipAddressKind = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  nameRule: addressName,
  columns: [nameColumn(), { name: 'ParentRef', type: 'string', value: parentText }],
  selectableFields: { 'metadata.name': (it) => it.metadata.name ?? '' },
  validate: validateParent,
  validateUpdate(next, old) {
    const [now, before] = [next, old].map(({ spec: own }) => internalForm(PARENT, own?.parentRef));
    return immutableField(now, before, parent);
  },
});

function validateParent({ spec: own = {} }: IPAddress): FieldError[] {
  if (own.parentRef === undefined) return [required(parent)];
  const { group = '', resource = '', namespace = '', name = '' } = own.parentRef;
  const segment = (value: string, field: string) =>
    pathSegmentErrors(value).map((text) => invalid(parent.child(field), value, text));
  const needed = (value: string, field: string) =>
    value === '' ? [required(parent.child(field))] : segment(value, field);
  return [
    ...(group === '' ? [] : dnsSubdomain(group, parent.child('group'))),
    ...needed(resource, 'resource'),
    ...needed(name, 'name'),
    ...segment(namespace, 'namespace'),
  ];
}

function parentText({ spec: own }: IPAddress): string {
  if (own?.parentRef === undefined) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = own.parentRef;
  const where = group === '' ? resource : `${resource}.${group}`;
  return [where, namespace, name].filter((part) => part !== '').join('/');
}
