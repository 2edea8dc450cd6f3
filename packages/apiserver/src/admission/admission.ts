import type { Kind, KubeObject } from '@keelson/api';
import type { RequestContext } from '../registry/context.js';

/** One write as admission sees it. `object` may be changed in place by `mutate`, never by `validate`. */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly kind: Kind;
  readonly namespace: string;
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly subresource: string;
  readonly context: RequestContext;
}

/** A rule about writes that spans objects. Refuses by throwing an ApiError. */
export interface AdmissionPlugin {
  readonly name: string;
  mutate?(attributes: AdmissionAttributes): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** Runs plugins in order; the first refusal ends it. */
export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins) await plugin.mutate?.(attributes);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins) await plugin.validate?.(attributes);
  }

  /** For what is created on an object and not stored: an eviction, a token. `object` is that, with the other's name. */
  async connect(attributes: Omit<AdmissionAttributes, 'operation' | 'old'>): Promise<void> {
    const created = { ...attributes, operation: 'CREATE', old: undefined } as const;
    await this.mutate(created);
    await this.validate(created);
  }
}

export function isResource(kind: Kind, group: string, plural: string): boolean {
  return kind.group === group && kind.plural === plural;
}
