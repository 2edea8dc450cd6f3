import { type ApiError, apiErrors, type Kind, type KubeObject } from '@keelson/api';
import type { RequestContext } from '../registry/context.js';

/** What a write is about where it is no object of its kind: `scale` of a Deployment is. */
export interface View {
  readonly subresource: string;
  readonly gvk: { readonly group: string; readonly version: string; readonly kind: string };
  show(object: KubeObject): KubeObject;
  /** Makes of the object what its view has become, in place. */
  take(object: KubeObject, shown: KubeObject): void;
}

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
  /** One of many that a deletion is about: the request names none of them. */
  readonly ofMany?: boolean | undefined;
  /** What the request says beside the object. */
  readonly options?: object | undefined;
  readonly view?: View | undefined;
  /** What is created where it is not stored: a Binding, an Eviction. */
  readonly gvk?: View['gvk'] | undefined;
  /** One for all attempts of a write: a plugin that does something once for a write remembers it by this. */
  readonly write: object;
}

/** A connection into an object that is to be opened: `object` says how. */
export type Connection = Omit<AdmissionAttributes, 'operation'> & { readonly operation: 'CONNECT' };

/** All plugins are asked in a row, and once more when one of them changed what those before it may not have seen. */
export class Rounds {
  #isAgain = false;
  #isWanted = false;

  get isAgain(): boolean {
    return this.#isAgain;
  }

  wantAnother(): void {
    this.#isWanted = true;
  }

  /** Whether there is another one; it has begun then. */
  next(): boolean {
    const begins = this.#isWanted && !this.#isAgain;
    this.#isAgain = begins;
    return begins;
  }
}

/** A rule about writes that spans objects. Refuses by throwing an ApiError. */
export interface AdmissionPlugin {
  readonly name: string;
  mutate?(attributes: AdmissionAttributes, rounds: Rounds): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
  mutateConnection?(connection: Connection, rounds: Rounds): void | Promise<void>;
  validateConnection?(connection: Connection): void | Promise<void>;
}

type StepType = 'admit' | 'validate';

/** Told how long a plugin took of a write. */
type TellTime = (operation: string, isRejected: boolean, ms: number) => void;

/** Counts the steps of writes, each of which asks all plugins. */
export interface AdmissionMetrics {
  now(): number;
  step(type: StepType, operation: string, run: () => Promise<void>): Promise<void>;
  plugin(name: string, type: StepType): TellTime;
}

/** What of a plugin is asked in a step. */
interface Part {
  readonly ask: (attributes: AdmissionAttributes, rounds: Rounds) => void | Promise<void>;
  readonly tell: TellTime | undefined;
}

/** Runs plugins in order; the first refusal ends it. */
export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #metrics: AdmissionMetrics | undefined;
  readonly #mutating: readonly Part[];
  readonly #validating: readonly Part[];

  constructor(plugins: readonly AdmissionPlugin[], metrics?: AdmissionMetrics) {
    this.#plugins = plugins;
    this.#metrics = metrics;
    this.#mutating = plugins
      .filter((it) => it.mutate !== undefined)
      .map((it) => ({ ask: it.mutate!.bind(it), tell: metrics?.plugin(it.name, 'admit') }));
    this.#validating = plugins
      .filter((it) => it.validate !== undefined)
      .map((it) => ({ ask: it.validate!.bind(it), tell: metrics?.plugin(it.name, 'validate') }));
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const rounds = new Rounds();
    const run = async () => {
      do await this.#ask(this.#mutating, attributes, rounds);
      while (rounds.next());
    };
    await (this.#metrics?.step('admit', attributes.operation, run) ?? run());
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const run = () => this.#ask(this.#validating, attributes, new Rounds());
    await (this.#metrics?.step('validate', attributes.operation, run) ?? run());
  }

  async #ask(parts: readonly Part[], attributes: AdmissionAttributes, rounds: Rounds): Promise<void> {
    const { operation } = attributes;
    const now = () => this.#metrics?.now() ?? 0;
    let startedAt = now();
    for (const { ask, tell } of parts) {
      try {
        const done = ask(attributes, rounds);
        // Most have nothing to wait for, and there are many.
        if (done !== undefined) await done;
      } catch (error) {
        tell?.(operation, true, now() - startedAt);
        throw error;
      }
      const endedAt = now();
      tell?.(operation, false, endedAt - startedAt);
      startedAt = endedAt;
    }
  }

  /** For what is created on an object and not stored: an eviction, a token. `object` is that, with the other's name. */
  async connect(attributes: Omit<AdmissionAttributes, 'operation' | 'old' | 'write'>): Promise<void> {
    const created = { ...attributes, operation: 'CREATE', old: undefined, write: {} } as const;
    await this.mutate(created);
    await this.validate(created);
  }

  /** For what is opened: a stream into a pod, a proxy. */
  async open(connection: Omit<Connection, 'operation' | 'old' | 'write' | 'dryRun'>): Promise<void> {
    const whole = { ...connection, operation: 'CONNECT', old: undefined, dryRun: false, write: {} } as const;
    const rounds = new Rounds();
    do for (const plugin of this.#plugins) await plugin.mutateConnection?.(whole, rounds);
    while (rounds.next());
    for (const plugin of this.#plugins) await plugin.validateConnection?.(whole);
  }
}

/** The 403 with which a plugin refuses. */
export function refusal(attributes: AdmissionAttributes | Connection, text: string): ApiError {
  const { kind, object, ofMany } = attributes;
  const { name, generateName } = object.metadata;
  return apiErrors.forbidden(kind, (ofMany ? '' : name || generateName) || 'Unknown', text);
}

export function isResource(kind: Kind, group: string, plural: string): boolean {
  return kind.group === group && kind.plural === plural;
}
