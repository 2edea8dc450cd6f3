/** Objects that came by `kubectl apply` on the client's side, on their way to server-side apply. */
import { encodeJson } from '../../exact-json.js';
import { parseJson } from '../../json.js';
import type { KubeObject } from '../../kind.js';
import { isRecord, sortedFields } from '../../object.js';
import type { Schema } from '../../schema.js';
import { compare, fieldsOf } from './compare.js';
import { difference, EMPTY_SET, type FieldSet, union } from './field-set.js';

/** The manager whose applies take over what this tool itself applied before. */
const KUBECTL = 'kubectl';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const ANNOTATIONS_BYTES_MAX = 256 * 1024;

/** The fields that the client applied last and that are as it left them: nobody stands in its way about these. */
export function fieldsLastApplied(
  live: KubeObject,
  schema: Schema,
  { manager, apiVersion }: { readonly manager: string; readonly apiVersion: string },
): FieldSet {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (manager !== KUBECTL || !text) return EMPTY_SET;
  const last = recordIn(text);
  if (last?.['apiVersion'] !== apiVersion) return EMPTY_SET;
  const { added, modified, removed } = compare(last, live, schema);
  return difference(fieldsOf(last, schema), union(union(added, modified), removed));
}

function recordIn(text: string): Record<string, unknown> | undefined {
  try {
    const { value } = parseJson(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Brings the annotation up to date, where there is one, so that the client's next apply sees what is applied now. */
export function keepLastApplied(result: KubeObject, applied: object, manager: string): void {
  const { annotations } = result.metadata;
  if (manager !== KUBECTL || annotations === undefined || !annotations[LAST_APPLIED]) return;
  const text = `${encodeJson(sortedFields(withoutAnnotation(applied as KubeObject)))}\n`;
  const others = Object.entries(annotations).filter(([key]) => key !== LAST_APPLIED);
  const bytes = [...others, [LAST_APPLIED, text] as const].reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  result.metadata.annotations = { ...annotations, [LAST_APPLIED]: bytes > ANNOTATIONS_BYTES_MAX ? '' : text };
}

function withoutAnnotation(applied: KubeObject): unknown {
  const { annotations } = applied.metadata ?? {};
  if (annotations?.[LAST_APPLIED] === undefined) return applied;
  const { [LAST_APPLIED]: _last, ...rest } = annotations;
  return { ...applied, metadata: { ...applied.metadata, annotations: rest } };
}
