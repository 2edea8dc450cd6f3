import {
  apiErrors,
  type FieldMatcher,
  type Kind,
  type KubeObject,
  type LabelMatcher,
  parseFieldSelector,
  parseLabelSelector,
  type RequestOptions,
} from '@keelson/api';

/** Which objects of a collection a list or watch is about. */
export interface Selection {
  /** Everything is selected: nothing needs to be looked at. */
  readonly everything: boolean;
  /** metadata.name, if the selector asks for exactly one. */
  readonly name: string | undefined;
  matches(object: KubeObject): boolean;
}

export function selectionOf(kind: Kind, { labelSelector, fieldSelector }: RequestOptions): Selection {
  const labels = read(labelSelector, parseLabelSelector);
  const fields = read(fieldSelector, parseFieldSelector);
  if (fields !== undefined) refuseUnknownFields(kind, fields);
  const name = fields?.requirements.find((it) => it.field === 'metadata.name' && it.operator === '=')?.value;
  return {
    everything: (labels === undefined || labels.empty) && (fields === undefined || fields.empty),
    name,
    matches: (object) =>
      (labels === undefined || labels.matches(object.metadata.labels ?? {})) &&
      (fields === undefined || fields.matches((field) => fieldOf(kind, object, field))),
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

function fieldOf(kind: Kind, object: KubeObject, field: string): string {
  if (field === 'metadata.name') return object.metadata.name ?? '';
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return kind.selectableFields[field]?.(object) ?? '';
}

function refuseUnknownFields(kind: Kind, fields: FieldMatcher): void {
  for (const { field } of fields.requirements) {
    if (field === 'metadata.name' || field === 'metadata.namespace' || kind.selectableFields[field]) continue;
    const known = ['metadata.name', 'metadata.namespace', ...Object.keys(kind.selectableFields)].map((it) =>
      JSON.stringify(it),
    );
    throw apiErrors.badRequest(`${JSON.stringify(field)} is not a known field selector: only ${known.join(', ')}`);
  }
}
