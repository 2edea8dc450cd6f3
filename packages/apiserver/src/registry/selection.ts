import {
  apiErrors,
  type FieldMatcher,
  type Kind,
  type LabelMatcher,
  parseFieldSelector,
  parseLabelSelector,
  type RequestOptions,
} from '@keelson/api';
import type { Labels } from '../storage/cache-memory.js';
import { nameIn, namespaceIn } from '../storage/keys.js';
import type { StoredObject } from '../storage/stored-object.js';
import { servedForm } from './served-form.js';

/** Which objects of a collection a list or watch is about. */
export interface Selection {
  /** Everything is selected: nothing needs to be looked at. */
  readonly everything: boolean;
  /** metadata.name, if the selector asks for exactly one. */
  readonly name: string | undefined;
  /** `kind`: how it is served. */
  matches(kind: Kind, stored: StoredObject): boolean;
}

export function selectionOf(kind: Kind, { labelSelector, fieldSelector }: RequestOptions): Selection {
  const labels = read(labelSelector, parseLabelSelector);
  const fields = read(fieldSelector, parseFieldSelector);
  if (fields !== undefined) refuseUnknownFields(kind, fields);
  const name = fields?.requirements.find((it) => it.field === 'metadata.name' && it.operator === '=')?.value;
  return {
    everything: (labels === undefined || labels.empty) && (fields === undefined || fields.empty),
    name,
    matches: (kind, stored) =>
      (labels === undefined || labels.matches(labelsOf(kind, stored))) &&
      (fields === undefined || fields.matches((field) => fieldOf(kind, stored, field))),
  };
}

function read<M extends LabelMatcher | FieldMatcher>(
  text: string | undefined,
  parse: (text: string) => M,
): M | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw apiErrors.badRequest((error as Error).message);
  }
}

function labelsOf(kind: Kind, stored: StoredObject): Labels {
  return kind.storage === undefined ? stored.labels : (servedForm(kind, stored).metadata.labels ?? {});
}

function fieldOf(kind: Kind, stored: StoredObject, field: string): string {
  if (field === 'metadata.name') return nameIn(stored.path);
  if (field === 'metadata.namespace') return namespaceIn(stored.path);
  if (kind.storage === undefined) return stored.field(kind, field);
  return Object.hasOwn(kind.selectableFields, field) ? kind.selectableFields[field]!(servedForm(kind, stored)) : '';
}

function refuseUnknownFields(kind: Kind, fields: FieldMatcher): void {
  const known = [...metadataFields(kind), ...Object.keys(kind.selectableFields)];
  for (const { field } of fields.requirements) {
    if (known.includes(field)) continue;
    const usual = `${JSON.stringify(field)} is not a known field selector: only ${known.map((it) => JSON.stringify(it)).join(', ')}`;
    throw apiErrors.badRequest(kind.strategy.unknownField?.(field) ?? usual);
  }
}

/** Built-in kinds can be asked for a namespace even where they are in none. */
function metadataFields({ scope, strategy }: Kind): string[] {
  const hasNamespace = scope === 'Namespaced' || strategy.unknownField === undefined;
  return hasNamespace ? ['metadata.name', 'metadata.namespace'] : ['metadata.name'];
}
