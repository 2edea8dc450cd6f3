import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '@keelson/api';
import { establishmentOf, namingOf } from './naming.js';

const NAMES = { plural: 'tests', singular: 'test', kind: 'Test', listKind: 'TestList', shortNames: ['t'] };

function given(
  wished: CustomResourceDefinitionNames,
  acceptedNames?: CustomResourceDefinitionNames,
): CustomResourceDefinition {
  return { metadata: { name: 'x' }, spec: { group: 'g.io', names: wished }, status: { acceptedNames } };
}

describe('the names of a definition', () => {
  it('are its own when nobody has them', () => {
    const { names, condition } = namingOf(given(NAMES), [given(NAMES)]);
    assert.deepEqual(names, NAMES);
    assert.equal(condition.status, 'True');
  });

  it('are refused one by one, and the others are given', () => {
    const other = given({}, { plural: 'others', singular: 't', kind: 'TestList', listKind: 'OtherList' });
    const { names, condition } = namingOf(given(NAMES), [other]);
    assert.deepEqual(names, { plural: 'tests', singular: 'test', kind: 'Test' });
    // The last conflict is the one that is told.
    assert.deepEqual(condition, {
      ...{ type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict' },
      message: '"TestList" is already in use',
    });
  });

  it('tell of every short name that is taken', () => {
    const other = given({}, { plural: 'a', shortNames: ['b'] });
    const { condition } = namingOf(given({ ...NAMES, shortNames: ['a', 'b', 'c'] }), [other]);
    assert.equal(condition.message, '["a" is already in use, "b" is already in use]');
  });

  it('that it has already are its own whoever else wants them', () => {
    const definition = given({ ...NAMES, plural: 'tests', shortNames: ['u', 't'] }, NAMES);
    const { names, condition } = namingOf(definition, [definition]);
    assert.deepEqual(names, { ...NAMES, shortNames: ['u', 't'] });
    assert.equal(condition.reason, 'NoConflicts');
  });

  it('that it cannot get leave it with those it had', () => {
    const other = given({}, { plural: 'new', kind: 'New' });
    const { names } = namingOf(given({ ...NAMES, kind: 'New' }, NAMES), [other]);
    assert.deepEqual(names, NAMES);
  });
});

describe('a definition is established', () => {
  const named = (status: string, more: object[] = []): CustomResourceDefinition => ({
    metadata: {},
    status: { conditions: [{ type: 'NamesAccepted', status }, ...more] },
  });

  it('once its names are accepted, and for ever', () => {
    assert.equal(establishmentOf(named('True'), true)?.reason, 'InitialNamesAccepted');
    assert.equal(establishmentOf(named('False'), true)?.reason, 'NotAccepted');
    assert.equal(establishmentOf(named('False', [{ type: 'Established', status: 'True' }]), true), undefined);
  });

  it('only with a webhook that can be asked', () => {
    assert.deepEqual(establishmentOf(named('True'), false)?.reason, 'InvalidCABundle');
  });
});
