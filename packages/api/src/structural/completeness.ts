/** What clauses speak of has to be in the structure, too. */
import { type FieldError, type Path, required } from '../field-errors.js';
import { itemsOf, type JsonSchema, propertiesOf, propertyOf } from './json-schema.js';

export function validateCompleteness(schema: JsonSchema, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  clauses(schema, schema, at, at, errors);
  return errors;
}

/** `clause` stands at `said` and is about the structure's `schema` at `at`. */
function clauses(clause: JsonSchema, schema: JsonSchema, at: Path, said: Path, errors: FieldError[]): void {
  const { not, allOf = [], anyOf = [], oneOf = [] } = clause;
  if (not !== undefined) nested(not, schema, at, said.child('not'), errors);
  for (const [index, it] of allOf.entries()) nested(it, schema, at, said.child('allOf').index(index), errors);
  for (const [index, it] of anyOf.entries()) nested(it, schema, at, said.child('anyOf').index(index), errors);
  for (const [index, it] of oneOf.entries()) nested(it, schema, at, said.child('oneOf').index(index), errors);
}

function nested(clause: JsonSchema, schema: JsonSchema | undefined, at: Path, said: Path, errors: FieldError[]): void {
  if (schema === undefined) {
    errors.push(required(at, `because it is defined in ${said}`));
    return;
  }
  clauses(clause, schema, at, said, errors);
  const items = itemsOf(clause);
  if (items !== undefined) nested(items, itemsOf(schema), at.child('items'), said.child('items'), errors);
  for (const [name, property] of propertiesOf(clause)) {
    const [own, place] = [at.child('properties').key(name), said.child('properties').key(name)];
    nested(property, propertyOf(schema, name), own, place, errors);
  }
}
