/** What the API server knows of a kind of object: names, rules and pictures of it, all as data and pure functions. */
import { type DecodeOptions, decodeValue, typeOf } from './decode.js';
import { type ApiError, type GroupKind, invalid } from './errors.js';
import type { FieldError } from './field-errors.js';
import type { CustomResourceDefinition, ObjectMeta } from './gen/types.js';
import { oneMore } from './int64.js';
import { dnsSubdomainName } from './meta.js';
import { type MetadataSettings, metadataRules, type ObjectNameRule, type UpdateCheck } from './metadata-rules.js';
import { fillEmpty, fillRequired, normalize, saysEmpty } from './normalize.js';
import { deepEqual } from './object.js';
import type { Dialect, Json } from './openapi/schemas.js';
import { resolve, type Schema, typeNameOf, typeSchema } from './schema.js';

export type KubeObject = { apiVersion?: string | undefined; kind?: string | undefined; metadata: ObjectMeta } & object;

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';
export type Scope = 'Namespaced' | 'Cluster';
export type Propagation = 'Background' | 'Orphan' | 'Foreground';

export const ALL_VERBS: readonly Verb[] = [
  ...(['create', 'delete', 'deletecollection', 'get'] as const),
  ...(['list', 'patch', 'update', 'watch'] as const),
];

export interface CellContext {
  readonly now: Date;
}

export type Cell = string | number | boolean | null;

/** One column of a Table. */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** 0 (the default) is always shown, 1 only in wide output. */
  readonly priority?: number;
  value(it: T, context: CellContext): Cell;
}

export interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface SubresourceDef {
  readonly name: string;
  /** The kind that the subresource reads and writes. */
  readonly gvk: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly Verb[];
}

/** The parts of autoscaling/v1 Scale that a kind supplies. */
export interface ScaleParts {
  /** Undefined where nothing is said of it. */
  readonly specReplicas: number | undefined;
  readonly statusReplicas: number;
  /** Label selector in its text form. */
  readonly selector: string;
}

export interface ScaleAccess<T> {
  get(it: T): ScaleParts;
  set(it: T, replicas: number): void;
  /** Fields that lead to the number of replicas wanted; `spec.replicas` unless told. */
  readonly path?: readonly string[];
  /** What is said of a body that is no Scale, where that is not what is wrong with it. */
  readonly unreadable?: string;
  /** The kind itself says which numbers there may be. */
  readonly checksItself?: boolean;
  /** What Tables show of the Scale, where that is not the usual. */
  readonly columns?: readonly Column<KubeObject>[];
}

/** A kind whose objects are stored as another kind's, or in another version of it. */
export interface StorageForm<T> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  toStorage(it: T): KubeObject;
  /** `stored` is shared: it is left as it is, and may itself be the answer. Throws ApiError. */
  fromStorage(stored: KubeObject): T;
  /**
   * The kind is a version of what is stored: everything that is told of its objects is told of the version. Its form is
   * dear to make: it is made once for each stored object and kept with it.
   */
  readonly isVersion?: boolean;
  /** Somebody else has to be asked for the forms; the two functions beside this are not called then. */
  readonly byOthers?: {
    toStorage(it: T): Promise<KubeObject>;
    /** Of many that are asked for together. Rejects with ApiError. */
    fromStorage(stored: readonly KubeObject[]): Promise<readonly T[]>;
  };
}

/** What metadata and the rows of tables are taken from: of an object that is stored as another kind's, what is stored. */
export function innerForm<T extends KubeObject>({ storage }: Pick<Kind<T>, 'storage'>, object: T): KubeObject {
  return storage === undefined || storage.isVersion === true ? object : storage.toStorage(object);
}

export interface Strategy<T> {
  /** Drops what a client may not set and puts what the server sets, in place. */
  prepareForCreate(it: T): void;
  /** `now` is the time of the write. */
  prepareForUpdate(next: T, old: T, now?: string): void;
  prepareForStatusUpdate(next: T, old: T, now: string): void;
  /** Texts of Warning headers. */
  warnings(it: T, old?: T): string[];
  /** Those of a change of the status. */
  statusWarnings(next: T, old: T): string[];
  readonly allowCreateOnUpdate: boolean;
  readonly allowUnconditionalUpdate: boolean;
  readonly defaultPropagation: Propagation;
  /** What is said to those who select by a field that is not selectable, where that is not the usual. */
  unknownField?(field: string): string;
  /** Top-level fields that a writer of the status cannot set; all but it and metadata unless told. */
  readonly statusResetFields?: readonly string[];
  /** What a deletion is told that does not say what becomes of dependents. */
  readonly deletionWarning?: string;
  /** Grace in seconds of a deletion; 0 deletes at once. Absent: the kind knows no grace. */
  deletionGrace?(it: T, requestedSeconds: number | undefined): number;
  readonly scale?: ScaleAccess<T>;
}

/** A body as an object, and what it has that a strict reader minds, such as `unknown field "spec.foo"`. */
export interface ReadObject {
  readonly object: unknown;
  readonly strictErrors: readonly string[];
}

/** How a kind's objects are read of bodies, and what their full form is. */
export interface ObjectForm<T> {
  /**
   * What a body says that it is, for texts about it. Throws ApiError where that is not of the kind; `refused` where that is
   * said only once the rest is read.
   */
  typeOf(value: unknown): { readonly kind: string; readonly version: string; readonly refused?: ApiError };
  /** Throws DecodeError. What it is given stays as it is. */
  read(value: unknown, options?: Pick<DecodeOptions, 'notes' | 'unstructured'>): ReadObject;
  /** Brings a decoded object to its full form, in place: empty values left out, defaults put in. */
  fill(it: T): void;
  /** What a stored object is by now, where the kind may have been another when it was stored. It stays as it is. */
  refreshed?(stored: T): T;
}

export interface MadeOf {
  readonly definition: CustomResourceDefinition;
  readonly version: string;
}

/** The schema of a kind's objects in an OpenAPI document. */
export type PublishedSchema = (dialect: Dialect) => Json;

/** Reads a selectable field. A method's type, so that a kind of any object is a Kind. */
export type FieldReader<T> = { read(it: T): string }['read'];

export interface Kind<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly scope: Scope;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  /** Those that discovery tells of, where not all that are served. */
  readonly toldVerbs?: readonly Verb[];
  /** Items of lists say what they are, each for itself. */
  readonly hasTypedItems?: boolean;
  /** OpenAPI name of the type; empty for kinds that are not built in. */
  readonly typeName: string;
  readonly schema: Schema;
  /** Of versions that know more or less of the same objects: by group and version; undefined: there is none. */
  readonly schemaOf?: (apiVersion: string) => Schema | undefined;
  /** Of the form that is stored. */
  readonly columns: readonly Column<T>[];
  readonly hasDefaultColumns: boolean;
  /** What a Table says of a row beside its cells. */
  rowConditions?(it: T): RowCondition[];
  /** Annotations that stand for what upstream has in fields inside: metadata asked for alone has them not. */
  readonly innerAnnotations: readonly string[];
  /** Beyond metadata.name and metadata.namespace, which every kind has. */
  readonly selectableFields: Readonly<Record<string, FieldReader<T>>>;
  readonly subresources: readonly SubresourceDef[];
  readonly storage?: StorageForm<T>;
  /** The name under which errors speak of objects; not always the kind's own. */
  readonly errorKind: GroupKind;
  /** What everyone who asks for the kind is told, in whatever way: that it is old and what is there instead. */
  readonly deprecation?: string;
  readonly strategy: Strategy<T>;
  readonly typeOf: ObjectForm<T>['typeOf'];
  readonly read: ObjectForm<T>['read'];
  readonly refreshed?: ObjectForm<T>['refreshed'];
  /** Where the kind's type is no named one. */
  readonly published?: PublishedSchema;
  /** What the kind is made of, where it is not built in: whoever has that can make the same kind. */
  readonly madeOf?: MadeOf;
  /** Media types of patches, where not all are taken. */
  readonly patchTypes?: readonly string[];
  /** Brings a decoded object to its full form: empty values left out, defaults put in. */
  defaults(it: T): void;
  /** The last step before storing: required lists and maps that are empty become null, as upstream writes them. */
  complete(it: T): void;
  validate(it: T): FieldError[];
  validateUpdate(next: T, old: T): FieldError[];
  validateStatusUpdate(next: T, old: T): FieldError[];
}

/** The 422 of an object that breaks its kind's rules. */
export function invalidObject(kind: Kind, name: string, errors: readonly FieldError[]): ApiError {
  return invalid(kind.errorKind, name, errors);
}

/** A subresource as a kind's file states it: the kind's own group, version and kind where it says none. */
export interface SubresourceInput {
  readonly name: string;
  readonly gvk?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly Verb[];
}

export interface KindDefinition<T extends KubeObject> extends MetadataSettings {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular?: string;
  readonly listKind?: string;
  readonly scope: Scope;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly Verb[];
  readonly subresources?: readonly SubresourceInput[];
  readonly schema?: Schema;
  /** That of upstream's Go types unless told. */
  readonly form?: ObjectForm<T>;
  readonly published?: PublishedSchema;
  readonly patchTypes?: readonly string[];
  /** Of the form that is stored. */
  readonly columns?: readonly Column<T>[];
  readonly innerAnnotations?: readonly string[];
  rowConditions?(it: T): RowCondition[];
  readonly selectableFields?: Readonly<Record<string, FieldReader<T>>>;
  readonly storage?: StorageForm<T>;
  readonly errorKind?: GroupKind;
  readonly deprecation?: string;
  /** The kind's objects are answered and forgotten: they need no name. */
  readonly isRequest?: boolean;
  /** What a name must look like; DNS subdomain unless told. */
  readonly nameRule?: ObjectNameRule<T>;
  /** Top-level fields whose change bumps metadata.generation; none: the kind has no generation. */
  readonly generation?: readonly (keyof T & string)[];
  /** A list or map that is said to be empty counts as a change there: what is stored has none. */
  readonly emptyIsChange?: boolean;
  defaults?(it: T): void;
  /** Rules beyond those of metadata, of which `found` is; on update they hold for the new object too. */
  validate?(it: T, old?: T, found?: readonly FieldError[]): FieldError[];
  validateUpdate?(next: T, old: T): FieldError[];
  validateStatusUpdate?(next: T, old: T, found?: readonly FieldError[]): FieldError[];
  /** What of an object that broke no rule is not kept, in place: nobody may have it, but saying it is no error. */
  canonicalize?(it: T): void;
  /** Takes out, in place and before anything else is made of an object, fields that no gate lets in. */
  dropDisabled?(it: T, old?: T): void;
  /** An object may be created with its status: nodes and the like, which their agents make whole. */
  readonly keepsStatusOnCreate?: boolean;
  readonly strategy?: Partial<Strategy<T>>;
}

export const status: SubresourceInput = { name: 'status', verbs: ['get', 'patch', 'update'] };

export const scale: SubresourceInput = {
  name: 'scale',
  gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  verbs: ['get', 'patch', 'update'],
};

/** Completes a kind's definition with what holds for every kind. */
export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): Kind<T> {
  const { group, version, kind, scope } = definition;
  const typeName = definition.schema === undefined ? requireTypeName(group, version, kind) : '';
  const schema = definition.schema ?? typeSchema(typeName);
  const nameRule = definition.nameRule ?? dnsSubdomainName;
  const metadata = metadataRules<T>({ ...definition, nameRule });
  const form = definition.form ?? goForm(definition, schema);
  return {
    group,
    version,
    kind,
    listKind: definition.listKind ?? `${kind}List`,
    plural: definition.plural,
    singular: definition.singular ?? kind.toLowerCase(),
    scope,
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    verbs: definition.verbs ?? ALL_VERBS,
    typeName,
    schema,
    columns: definition.columns ?? [nameColumn(), createdAtColumn()],
    hasDefaultColumns: definition.columns === undefined,
    innerAnnotations: definition.innerAnnotations ?? [],
    ...(definition.rowConditions === undefined ? {} : { rowConditions: definition.rowConditions }),
    selectableFields: definition.selectableFields ?? {},
    subresources: inOrder(definition).map((sub) => ({ gvk: { group, version, kind }, ...sub })),
    ...(definition.storage === undefined ? {} : { storage: definition.storage }),
    errorKind: definition.errorKind ?? { group, kind },
    ...(definition.deprecation === undefined ? {} : { deprecation: definition.deprecation }),
    strategy: completeStrategy(definition, schema),
    typeOf: form.typeOf,
    read: form.read,
    ...(form.refreshed === undefined ? {} : { refreshed: form.refreshed }),
    ...(definition.published === undefined ? {} : { published: definition.published }),
    ...(definition.patchTypes === undefined ? {} : { patchTypes: definition.patchTypes }),
    defaults: form.fill,
    complete(it) {
      definition.canonicalize?.(it);
      fillRequired(it, schema);
    },
    validate(it) {
      const isPlain = definition.isRequest === true || definition.plainMetadata === true;
      const found = isPlain ? [] : metadata.create(it);
      const rules = definition.validate?.(it, undefined, found) ?? [];
      if (definition.isRequest === true || !isPlain) return [...found, ...rules];
      return rules.length > 0 ? rules : metadata.general(it.metadata);
    },
    validateUpdate(next, old) {
      const found: FieldError[] = [];
      const checks: Readonly<Record<UpdateCheck, () => FieldError[]>> = {
        create: () => metadata.create(next),
        update: () => metadata.update(next.metadata, old.metadata),
        rules: () => definition.validate?.(next, old, found) ?? [],
        change: () => definition.validateUpdate?.(next, old) ?? [],
      };
      for (const check of metadata.updateChecks) found.push(...checks[check]());
      return [...metadata.common(next.metadata, old.metadata), ...found];
    },
    validateStatusUpdate(next, old) {
      const found = metadata.statusUpdate(next.metadata, old.metadata);
      return [...found, ...(definition.validateStatusUpdate?.(next, old, found) ?? [])];
    },
  };
}

/** Upstream lists those of its own kinds by alphabet. */
function inOrder<T extends KubeObject>({ subresources = [], form }: KindDefinition<T>): readonly SubresourceInput[] {
  return form === undefined ? subresources.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : subresources;
}

/** The form of upstream's Go types. */
function goForm<T extends KubeObject>(definition: KindDefinition<T>, schema: Schema): ObjectForm<T> {
  return {
    typeOf: (value) => typeOf(definition, value),
    read: (value, options) => decodeValue(value, schema, definition.kind, options),
    fill(it) {
      normalize(it, schema);
      fillEmpty(it, schema);
      definition.defaults?.(it);
      fillEmpty(it, schema);
    },
  };
}

function requireTypeName(group: string, version: string, kind: string): string {
  const name = typeNameOf(group, version, kind);
  if (name === undefined) throw new Error(`no type for ${group}/${version} ${kind}`);
  return name;
}

type Loose = Record<string, unknown>;

/** What a new object never has, whatever its creator says. */
const GIVEN_BY_SERVER = ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function completeStrategy<T extends KubeObject>(definition: KindDefinition<T>, schema: Schema): Strategy<T> {
  const hasStatus = definition.subresources?.some((sub) => sub.name === 'status') ?? false;
  const generation = definition.generation ?? [];
  const own = definition.strategy ?? {};
  const defaults: Strategy<T> = {
    prepareForCreate() {},
    prepareForUpdate() {},
    prepareForStatusUpdate() {},
    warnings: () => [],
    statusWarnings: () => [],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
    defaultPropagation: 'Background',
  };
  return {
    ...defaults,
    ...own,
    prepareForCreate(it) {
      definition.dropDisabled?.(it);
      for (const field of GIVEN_BY_SERVER) delete it.metadata[field];
      if (hasStatus && definition.keepsStatusOnCreate !== true) resetStatus(it, undefined, schema);
      if (generation.length > 0) it.metadata.generation = 1;
      own.prepareForCreate?.(it);
    },
    prepareForUpdate(next, old, now) {
      definition.dropDisabled?.(next, old);
      if (hasStatus) resetStatus(next, (old as Loose)['status'], schema);
      if (generation.length > 0) bumpGeneration(next, old, generation, definition.emptyIsChange === true);
      own.prepareForUpdate?.(next, old, now);
    },
    prepareForStatusUpdate(next, old, now) {
      keepAllBut(next, old, ['status', 'metadata', 'apiVersion', 'kind']);
      keepMetadataForStatus(next, old);
      own.prepareForStatusUpdate?.(next, old, now);
    },
  };
}

function resetStatus(it: object, value: unknown, schema: Schema): void {
  const loose = it as Loose;
  if (value !== undefined) loose['status'] = structuredClone(value);
  else delete loose['status'];
  fillEmpty(it, schema);
}

function bumpGeneration<T extends KubeObject>(
  next: T,
  old: T,
  fields: readonly (keyof T & string)[],
  emptyIsChange: boolean,
): void {
  const changed = fields.some(
    (field) => !deepEqual(next[field], old[field]) || (emptyIsChange && saysEmpty(next[field])),
  );
  const before = old.metadata.generation ?? 0;
  next.metadata.generation = changed ? oneMore(before) : before;
}

/** Puts every top-level field back to the old object's, but those named. */
function keepAllBut(next: object, old: object, fields: readonly string[]): void {
  const [to, from] = [next as Loose, old as Loose];
  for (const field of Object.keys(to)) if (!fields.includes(field)) delete to[field];
  for (const field of Object.keys(from)) if (!fields.includes(field)) to[field] = structuredClone(from[field]);
}

/** A status update may change labels and annotations but not who owns an object, nor its finalizers' meaning. */
function keepMetadataForStatus(next: KubeObject, old: KubeObject): void {
  const kept = structuredClone(old.metadata);
  const { resourceVersion, managedFields, labels, annotations, finalizers, uid, name, namespace } = next.metadata;
  next.metadata = {
    ...kept,
    name,
    namespace,
    uid,
    resourceVersion,
    managedFields,
    labels,
    annotations,
    finalizers,
  };
  for (const [key, value] of Object.entries(next.metadata)) {
    if (value === undefined) delete (next.metadata as Loose)[key];
  }
}

export function nameColumn<T extends KubeObject>(): Column<T> {
  return { name: 'Name', type: 'string', format: 'name', value: (it) => it.metadata.name ?? '' };
}

function createdAtColumn<T extends KubeObject>(): Column<T> {
  return { name: 'Created At', type: 'date', value: (it) => it.metadata.creationTimestamp ?? null };
}

/** The field's schema of a kind, for patches of a part such as `status`. */
export function fieldSchema(schema: Schema, field: string): Schema | undefined {
  const node = resolve(schema).properties?.[field];
  return node === undefined ? undefined : resolve(node);
}
