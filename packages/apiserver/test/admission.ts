import type { Kind, KubeObject } from '@keelson/api';
import { Admission, type AdmissionAttributes, type AdmissionPlugin } from '../src/admission/admission.js';
import { context } from './world.js';

/** What a test says of a write; the rest is as usual. */
export interface Asked extends Partial<Omit<AdmissionAttributes, 'kind' | 'object' | 'old'>> {
  readonly old?: object | undefined;
}

/** A write of an object named x as plugins are asked about it: a creation, or an update where `old` says of what. */
export function written(kind: Kind, object: object, { old, ...more }: Asked = {}): AdmissionAttributes {
  const namespace = more.namespace ?? 'default';
  const whole = (part: object) => ({ metadata: { name: 'x', namespace }, ...part }) as KubeObject;
  return {
    operation: old === undefined ? 'CREATE' : 'UPDATE',
    ...{ kind, namespace, subresource: '', context, dryRun: false, write: {} },
    ...{ object: whole(object), old: old && whole(old) },
    ...more,
  };
}

/** What plugins make of a write. */
export async function admitted(
  by: Admission | readonly AdmissionPlugin[],
  attributes: AdmissionAttributes,
): Promise<KubeObject> {
  const admission = by instanceof Admission ? by : new Admission(by);
  await admission.mutate(attributes);
  await admission.validate(attributes);
  return attributes.object;
}
