/** The paths of kinds and what can be done there, in the terms that both versions of OpenAPI share. */
import type { Kind, SubresourceDef, Verb } from '../kind.js';

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly action: 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection' | 'connect';
  readonly operationId: string;
  /** The kind that the operation is about, and its type's name. */
  readonly gvk: { readonly group: string; readonly version: string; readonly kind: string };
  readonly description: string;
  readonly queries: readonly Query[];
  readonly sendsBody: boolean;
  readonly returnsList: boolean;
}

export interface Query {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer';
}

export interface PathItem {
  readonly path: string;
  readonly pathParameters: readonly string[];
  readonly operations: readonly Operation[];
}

const PRETTY: Query = { name: 'pretty', type: 'string' };
const WRITE: readonly Query[] = [
  { name: 'dryRun', type: 'string' },
  { name: 'fieldManager', type: 'string' },
  { name: 'fieldValidation', type: 'string' },
  PRETTY,
];
const LIST: readonly Query[] = [
  { name: 'allowWatchBookmarks', type: 'boolean' },
  { name: 'continue', type: 'string' },
  { name: 'fieldSelector', type: 'string' },
  { name: 'labelSelector', type: 'string' },
  { name: 'limit', type: 'integer' },
  PRETTY,
  { name: 'resourceVersion', type: 'string' },
  { name: 'resourceVersionMatch', type: 'string' },
  { name: 'sendInitialEvents', type: 'boolean' },
  { name: 'timeoutSeconds', type: 'integer' },
  { name: 'watch', type: 'boolean' },
];
const DELETE: readonly Query[] = [
  { name: 'dryRun', type: 'string' },
  { name: 'gracePeriodSeconds', type: 'integer' },
  { name: 'ignoreStoreReadErrorWithClusterBreakingPotential', type: 'boolean' },
  { name: 'orphanDependents', type: 'boolean' },
  PRETTY,
  { name: 'propagationPolicy', type: 'string' },
];
const FORCE: Query = { name: 'force', type: 'boolean' };

export function basePath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Every path of a kind: collection, all namespaces, object, subresources. */
export function pathsOf(kind: Kind): PathItem[] {
  const base = basePath(kind.group, kind.version);
  const isNamespaced = kind.scope === 'Namespaced';
  const collection = isNamespaced ? `${base}/namespaces/{namespace}/${kind.plural}` : `${base}/${kind.plural}`;
  const parameters = isNamespaced ? ['namespace'] : [];
  const item = `${collection}/{name}`;
  return [
    { path: collection, pathParameters: parameters, operations: collectionOperations(kind) },
    ...(isNamespaced && kind.verbs.includes('list')
      ? [
          {
            path: `${base}/${kind.plural}`,
            pathParameters: [],
            operations: [operation(kind, 'list', 'ForAllNamespaces')],
          },
        ]
      : []),
    { path: item, pathParameters: ['name', ...parameters], operations: itemOperations(kind) },
    ...kind.subresources.map((sub) => ({
      path: `${item}/${sub.name}`,
      pathParameters: ['name', ...parameters],
      operations: subresourceOperations(kind, sub),
    })),
  ].filter(({ operations }) => operations.length > 0);
}

const VERB_ACTIONS: Readonly<Record<Verb, Operation['action'] | undefined>> = {
  create: 'post',
  delete: 'delete',
  deletecollection: 'deletecollection',
  get: 'get',
  list: 'list',
  patch: 'patch',
  update: 'put',
  watch: undefined,
};

function collectionOperations(kind: Kind): Operation[] {
  const verbs = (['list', 'create', 'deletecollection'] as const).filter((verb) => kind.verbs.includes(verb));
  return verbs.map((verb) => operation(kind, VERB_ACTIONS[verb] ?? 'get', ''));
}

function itemOperations(kind: Kind): Operation[] {
  const verbs = (['get', 'update', 'patch', 'delete'] as const).filter((verb) => kind.verbs.includes(verb));
  return verbs.map((verb) => operation(kind, VERB_ACTIONS[verb] ?? 'get', ''));
}

function subresourceOperations(kind: Kind, sub: SubresourceDef): Operation[] {
  const isConnection = sub.gvk.kind.endsWith('Options');
  return sub.verbs.flatMap((verb) => {
    const action = VERB_ACTIONS[verb];
    if (action === undefined) return [];
    const made = operation(kind, action, capital(sub.name), sub.gvk);
    return [isConnection ? { ...made, action: 'connect' as const, sendsBody: false, queries: [] } : made];
  });
}

const METHODS: Readonly<Record<Operation['action'], Operation['method']>> = {
  list: 'get',
  get: 'get',
  connect: 'get',
  post: 'post',
  put: 'put',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
};

const QUERIES: Readonly<Record<Operation['action'], readonly Query[]>> = {
  list: LIST,
  get: [PRETTY],
  connect: [],
  post: WRITE,
  put: WRITE,
  patch: [...WRITE, FORCE],
  delete: DELETE,
  deletecollection: [
    ...DELETE,
    ...LIST.filter(({ name }) => name !== 'pretty' && name !== 'watch' && name !== 'allowWatchBookmarks'),
  ],
};

const WORDS: Readonly<Record<Operation['action'], readonly [string, string]>> = {
  list: ['list', 'list or watch objects of kind'],
  get: ['read', 'read the specified'],
  connect: ['connect', 'connect requests to'],
  post: ['create', 'create a'],
  put: ['replace', 'replace the specified'],
  patch: ['patch', 'partially update the specified'],
  delete: ['delete', 'delete a'],
  deletecollection: ['deleteCollection', 'delete collection of'],
};

function operation(kind: Kind, action: Operation['action'], suffix: string, gvk: Operation['gvk'] = kind): Operation {
  const [word, text] = WORDS[action];
  const scope = kind.scope === 'Namespaced' && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '';
  const group = kind.group === '' ? 'Core' : capital(kind.group.split('.')[0] ?? '');
  return {
    method: METHODS[action],
    action,
    operationId: `${word}${group}${capital(kind.version)}${scope}${kind.kind}${suffix}`,
    gvk: { group: gvk.group, version: gvk.version, kind: gvk.kind },
    description: `${text} ${gvk.kind}`,
    queries: QUERIES[action],
    sendsBody: action === 'post' || action === 'put' || action === 'patch' || action.startsWith('delete'),
    returnsList: action === 'list',
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
