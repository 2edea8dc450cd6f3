import { type ApiError, apiErrors, type Kind, type KubeObject } from '@keelson/api';
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
  /** Nothing is going to be stored. */
  readonly dryRun: boolean;
  /** One for all attempts of a write: a plugin that does something once for a write remembers it by this. */
  readonly write: object;
}

/** A rule about writes that spans objects. Refuses by throwing an ApiError. */
export interface AdmissionPlugin {
  readonly name: string;
  mutate?(attributes: AdmissionAttributes): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** Counts the steps of writes, each of which asks all plugins. */
export interface AdmissionMetrics {
  step(type: 'admit' | 'validate', operation: string, run: () => Promise<void>): Promise<void>;
}

/** Runs plugins in order; the first refusal ends it. */
export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #metrics: AdmissionMetrics | undefined;

  constructor(plugins: readonly AdmissionPlugin[], metrics?: AdmissionMetrics) {
    this.#plugins = plugins;
    this.#metrics = metrics;
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const run = async () => {
      for (const plugin of this.#plugins) await plugin.mutate?.(attributes);
    };
    await (this.#metrics?.step('admit', attributes.operation, run) ?? run());
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const run = async () => {
      for (const plugin of this.#plugins) await plugin.validate?.(attributes);
    };
    await (this.#metrics?.step('validate', attributes.operation, run) ?? run());
  }

  /** For what is created on an object and not stored: an eviction, a token. `object` is that, with the other's name. */
  async connect(attributes: Omit<AdmissionAttributes, 'operation' | 'old' | 'write'>): Promise<void> {
    const created = { ...attributes, operation: 'CREATE', old: undefined, write: {} } as const;
    await this.mutate(created);
    await this.validate(created);
  }
}

/** The 403 with which a plugin refuses. */
export function refusal({ kind, object: { metadata } }: AdmissionAttributes, text: string): ApiError {
  return apiErrors.forbidden(kind, metadata.name || metadata.generateName || 'Unknown', text);
}

export function isResource(kind: Kind, group: string, plural: string): boolean {
  return kind.group === group && kind.plural === plural;
}
