import { cloneObject, type Kind, type KindRegistry, type KubeObject } from '@keelson/api';
import { storageForm } from '../../registry/served-form.js';
import type { AdmissionAttributes, Connection } from '../admission.js';

/** What webhooks are asked about. */
export type Asked = AdmissionAttributes | Connection;

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A write's object in one version of its kind. */
export interface Form {
  /** The kind whose resource it is. */
  readonly kind: Kind;
  readonly gvk: GroupVersionKind;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

/** What rules call the part of an object that a write is about. */
export function subresourceOf({ view, subresource }: Asked): string {
  return view?.subresource ?? subresource;
}

/** The object of a write as webhooks see it, in whatever version of its kind they want it. */
export class Subject {
  readonly asked: Asked;
  readonly #kinds: Pick<KindRegistry, 'storedWith'>;

  constructor(asked: Asked, kinds: Pick<KindRegistry, 'storedWith'>) {
    this.asked = asked;
    this.#kinds = kinds;
  }

  get subresource(): string {
    return subresourceOf(this.asked);
  }

  /** As it came. */
  own(): Form {
    const { kind, operation, object, old, view } = this.asked;
    const gvk = view?.gvk ?? this.asked.gvk ?? kind;
    const show = (it: KubeObject | undefined) => (it === undefined || view === undefined ? it : view.show(it));
    return { kind, gvk, object: operation === 'DELETE' ? undefined : show(object), old: show(old) };
  }

  /** Makes the write's object what a form of it has become. */
  async take(form: Form): Promise<void> {
    const { object, view, kind } = this.asked;
    if (form.object === undefined) return;
    const next = form.kind === kind ? form.object : await converted(form.object, form.kind, kind);
    if (view === undefined) replace(object, next);
    else view.take(object, next);
  }

  /** Other kinds that show the same stored objects. */
  equivalents(): Kind[] {
    const { kind, view, gvk } = this.asked;
    if (view !== undefined || gvk !== undefined) return [];
    return this.#kinds.storedWith(kind).filter((it) => it !== kind);
  }

  /** A form in another version of the kind; what it holds is its own. */
  async in(kind: Kind, form: Form): Promise<Form> {
    if (kind === form.kind) return form;
    const convert = (it: KubeObject | undefined) => it && converted(it, form.kind, kind);
    return { kind, gvk: kind, object: await convert(form.object), old: await convert(form.old) };
  }
}

async function converted(object: KubeObject, from: Kind, to: Kind): Promise<KubeObject> {
  const stored = await storageForm(from, cloneObject(object));
  const made = await formOf(to, stored);
  const { group, version, kind } = to;
  const whole = { ...made, apiVersion: group === '' ? version : `${group}/${version}`, kind };
  to.defaults(whole);
  return whole;
}

async function formOf({ storage }: Kind, stored: KubeObject): Promise<KubeObject> {
  if (storage === undefined) return stored;
  if (storage.byOthers === undefined) return storage.fromStorage(stored);
  const [made] = await storage.byOthers.fromStorage([stored]);
  return made!;
}

/** What others hold stays the same thing and becomes another one. */
function replace(target: KubeObject, source: KubeObject): void {
  const loose = target as unknown as Record<string, unknown>;
  for (const field of Object.keys(loose)) delete loose[field];
  Object.assign(loose, source);
}
