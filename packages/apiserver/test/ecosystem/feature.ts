/** How the features of definitions are written. */

export type Loose = Record<string, unknown>;

export interface Sample {
  readonly name: string;
  /** Beside type and metadata. */
  readonly sent: Loose;
  /** What is stored of it beside these; absent: what was sent. */
  readonly stored?: Loose;
  /** What is warned of. */
  readonly warned?: RegExp;
  /** What is said of it; absent: it is accepted. */
  readonly refused?: RegExp;
  /** Of the version that it is sent in; absent: the first. */
  readonly version?: string;
}

/** A custom resource definition and objects of it. */
export interface Feature {
  /** Whose definitions have it. */
  readonly of: string;
  readonly what: string;
  readonly kind: string;
  readonly scope?: 'Cluster' | 'Namespaced';
  /** By name; the first is stored. */
  readonly versions: Readonly<Record<string, Loose>>;
  readonly samples: readonly Sample[];
}

export const object = (properties: Loose, more: Loose = {}): Loose => ({ type: 'object', properties, ...more });
export const list = (items: Loose, more: Loose = {}): Loose => ({ type: 'array', items, ...more });
export const string = (more: Loose = {}): Loose => ({ type: 'string', ...more });
export const spec = (properties: Loose, more: Loose = {}): Loose => ({
  schema: object({ spec: object(properties, more) }),
});
export const rule = (text: string, message: string): Loose => ({
  'x-kubernetes-validations': [{ rule: text, message }],
});
export const KEEPS = { 'x-kubernetes-preserve-unknown-fields': true };
export const EITHER = { 'x-kubernetes-int-or-string': true };
