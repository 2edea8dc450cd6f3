import type { Kind, KubeObject, RequestOptions, Steps, Writer } from '@keelson/api';
import type { View } from '../admission/admission.js';
import type { ObjectCollection } from './collection.js';
import type { RequestContext } from './context.js';
import type { Pace } from './pause.js';

/** Which part of an object a write is about. */
export interface Part {
  readonly name: string;
  prepare(kind: Kind, next: KubeObject, old: KubeObject, now: string): void;
  validate(kind: Kind, next: KubeObject, old: KubeObject): ReturnType<Kind['validateUpdate']>;
  warnings(kind: Kind, next: KubeObject, old: KubeObject): string[];
}

export const WHOLE: Part = {
  name: '',
  prepare: (kind, next, old, now) => kind.strategy.prepareForUpdate(next, old, now),
  validate: (kind, next, old) => kind.validateUpdate(next, old),
  warnings: (kind, next, old) => kind.strategy.warnings(next, old),
};

export const STATUS: Part = {
  name: 'status',
  prepare: (kind, next, old, now) => kind.strategy.prepareForStatusUpdate(next, old, now),
  validate: (kind, next, old) => kind.validateStatusUpdate(next, old),
  warnings: (kind, next, old) => kind.strategy.statusWarnings(next, old),
};

/** A write of one object, as it goes through the rules. */
export interface Write {
  readonly collection: ObjectCollection;
  readonly namespace: string;
  readonly name: string;
  readonly part: Part;
  readonly dryRun: boolean;
  readonly context: RequestContext;
  /** Of the steps of the write. */
  readonly pace: Pace;
  /** Who is recorded to manage what changes; absent where the proposal has that record already. */
  readonly writer: Writer | undefined;
  /** As the request says them. */
  readonly options?: RequestOptions | undefined;
  /** What the write is about, where that is not the whole object or a part of it. */
  readonly view?: View | undefined;
}

/** What a write makes of an object's current state. */
export type Proposal = (current: KubeObject) => Proposed;

export type Proposed = Steps<KubeObject> | Promise<KubeObject>;
