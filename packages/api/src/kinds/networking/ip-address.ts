import { type FieldError, path, required } from '../../field-errors.js';
import type { IPAddress } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField, type NameRule } from '../../meta.js';
import { isIpv4, isIpv6 } from '../../names.js';
import { nameColumn } from '../columns.js';
import { requiredString } from '../rules.js';

const parent = path('spec', 'parentRef');

/** The object's name is the address itself. */
const addressName: NameRule = (name) =>
  isIpv4(name) || isIpv6(name) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];

export const ipAddressKind = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'Cluster',
  updateMetadata: 'both',
  nameRule: addressName,
  columns: [nameColumn(), { name: 'ParentRef', type: 'string', value: parentText }],
  selectableFields: { 'metadata.name': (it) => it.metadata.name ?? '' },
  validate: validateParent,
  validateUpdate: (next, old) => immutableField(next.spec?.parentRef, old.spec?.parentRef, parent),
});

function validateParent({ spec: own = {} }: IPAddress): FieldError[] {
  if (own.parentRef === undefined) return [required(parent)];
  return [
    ...requiredString(own.parentRef.resource, parent.child('resource')),
    ...requiredString(own.parentRef.name, parent.child('name')),
  ];
}

function parentText({ spec: own }: IPAddress): string {
  if (own?.parentRef === undefined) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = own.parentRef;
  const where = group === '' ? resource : `${resource}.${group}`;
  return [where, namespace, name].filter((part) => part !== '').join('/');
}
