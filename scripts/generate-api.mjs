// Makes packages/api/schema/*.json and packages/api/src/gen/types.ts from recorded facts about the Kubernetes API.
// Usage: node scripts/generate-api.mjs DATA_DIRECTORY
// DATA_DIRECTORY holds kubernetes-*.json.gz (types, protobuf numbers), discovery.json, tables.json, bootstrap-*.json.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const [dataDirectory] = process.argv.slice(2);
if (dataDirectory === undefined) {
  console.error('usage: node scripts/generate-api.mjs DATA_DIRECTORY');
  process.exit(2);
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Types of the API machinery itself, served or read whatever kinds there are. */
const MACHINERY = [
  ...['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'DeleteOptions', 'Status', 'WatchEvent'],
  ...['Condition', 'LabelSelector', 'ListMeta', 'ObjectMeta', 'Patch', 'Time', 'MicroTime', 'FieldsV1'],
];
/** Where two groups have a type of the same name, the first of these that has it keeps the short name. */
const PRECEDENCE = [
  ...['core.v1', 'meta.v1', 'apps.v1', 'batch.v1', 'rbac.v1', 'networking.v1', 'authentication.v1', 'autoscaling.v2'],
  ...['policy.v1', 'storage.v1', 'admissionregistration.v1', 'resource.v1', 'discovery.v1'],
];
const EXTRA_PROTO = [
  ...['k8s.io.apimachinery.pkg.runtime.Unknown', 'k8s.io.apimachinery.pkg.runtime.TypeMeta'],
  ...['v1', 'v1beta1'].map((version) => `k8s.io.apimachinery.pkg.apis.meta.${version}.PartialObjectMetadataList`),
  'k8s.io.api.apidiscovery.v2.APIGroupDiscoveryList',
];

const readJson = (name) => JSON.parse(readFileSync(join(dataDirectory, name), 'utf8'));
const archive = readdirSync(dataDirectory).find((name) => /^kubernetes-.*\.json\.gz$/.test(name));
const facts = JSON.parse(gunzipSync(readFileSync(join(dataDirectory, archive))).toString('utf8'));
const discovery = readJson('discovery.json');

const types = reachableTypes();
const proto = reachableProto(Object.keys(types).map(protoName));

const schemaDirectory = fileURLToPath(new URL('../packages/api/schema/', import.meta.url));
mkdirSync(schemaDirectory, { recursive: true });
writeLines('types.json', types);
writeLines('proto.json', proto);
writeFileSync(join(schemaDirectory, 'discovery.json'), `${lines(discovery.groups, 'groups', discovery.resources)}\n`);
writeLines('columns.json', readJson('tables.json').tables);
for (const name of ['bootstrap-objects', 'bootstrap-rbac']) {
  const { source: _source, ...rest } = readJson(`${name}.json`);
  writeLines(`${name}.json`, rest);
}
const generated = fileURLToPath(new URL('../packages/api/src/gen/', import.meta.url));
mkdirSync(generated, { recursive: true });
writeFileSync(join(generated, 'types.ts'), typescript());

function reachableTypes() {
  const gvks = new Map();
  for (const [name, type] of Object.entries(facts.types)) {
    if ((type.gvk?.length ?? 0) !== 1) continue;
    const { group, version, kind } = type.gvk[0];
    gvks.set(`${group}/${version}/${kind}`, name);
  }
  const wanted = MACHINERY.map((name) => `${META}.${name}`);
  for (const { group, version, kind, subresources } of discovery.resources) {
    wanted.push(gvks.get(`${group}/${version}/${kind}`), gvks.get(`${group}/${version}/${kind}List`));
    for (const sub of subresources) {
      wanted.push(gvks.get(`${sub.kindGroup ?? group}/${sub.kindVersion ?? version}/${sub.kind}`));
    }
  }
  wanted.push(gvks.get('autoscaling/v1/Scale'), gvks.get('policy/v1/Eviction'));
  wanted.push(gvks.get('authentication.k8s.io/v1/TokenRequest'));
  const found = {};
  const visit = (name) => {
    if (name === undefined || found[name] || facts.types[name] === undefined) return;
    found[name] = compact(name, facts.types[name]);
    for (const ref of refsOf(found[name])) visit(ref);
  };
  for (const name of wanted) visit(name);
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Leaves out the list of every group that DeleteOptions and WatchEvent are registered in. */
function compact(name, type) {
  const named = name.endsWith('.MicroTime') ? { ...type, format: 'micro-time' } : type;
  const whole = name.endsWith('.resource.Quantity') ? { ...named, format: 'quantity' } : named;
  // Upstream's one struct that has no fields: the document does not tell it from an object of any fields.
  if (name.endsWith('.CustomResourceSubresourceStatus')) return { ...whole, properties: {} };
  return (whole.gvk?.length ?? 0) > 1 ? { ...whole, gvk: whole.gvk.slice(0, 1) } : whole;
}

function refsOf(node) {
  if (node === null || typeof node !== 'object') return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'ref' && typeof value === 'string' ? [value] : refsOf(value),
  );
}

function protoName(name) {
  return name.replace(/^io\.k8s\./, 'k8s.io.').replace(/-/g, '_');
}

function reachableProto(names) {
  const found = {};
  const visit = (name) => {
    const message = facts.proto[name];
    if (found[name] || message === undefined) return;
    found[name] = {};
    const scope = name.slice(0, name.lastIndexOf('.'));
    for (const [field, [number, type]] of Object.entries(message)) {
      const full = type.replace(/[.\w]+(?=>?$)/, (last) => absolute(last, scope));
      found[name][field] = [number, full];
      visit(/([.\w]+)>?$/.exec(full)[1]);
    }
  };
  for (const name of [...names, ...EXTRA_PROTO]) visit(name);
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Protobuf scalars stay; a bare name is in the message's own package; a leading dot is dropped. */
function absolute(type, scope) {
  if (/^(string|bool|bytes|double|float|u?int(32|64))$/.test(type)) return type;
  if (type.startsWith('.')) return type.slice(1);
  return type.includes('.') ? type : `${scope}.${type}`;
}

function writeLines(name, object) {
  const body = Object.entries(object).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  writeFileSync(join(schemaDirectory, name), `{\n${body.join(',\n')}\n}\n`);
}

function lines(groups, key, resources) {
  const rows = resources.map((row) => JSON.stringify(row)).join(',\n');
  return `{"${key}":${JSON.stringify(groups)},\n"resources":[\n${rows}\n]}`;
}

function typescript() {
  const names = typescriptNames();
  const header =
    '// Made by scripts/generate-api.mjs from the Kubernetes OpenAPI document. See packages/api/schema/NOTICE.';
  const bodies = Object.entries(types).map(([name, type]) => declaration(names.get(name), type, names));
  return `${header}\n\n${bodies.join('\n\n')}\n`;
}

function typescriptNames() {
  const byShort = new Map();
  for (const name of Object.keys(types)) {
    const short = name.split('.').at(-1);
    byShort.set(short, [...(byShort.get(short) ?? []), name]);
  }
  const rank = (name) => {
    const at = PRECEDENCE.indexOf(name.split('.').slice(-3, -1).join('.'));
    return at < 0 ? PRECEDENCE.length : at;
  };
  const names = new Map();
  for (const [short, all] of byShort) {
    const [first, ...others] = all.sort((a, b) => rank(a) - rank(b));
    names.set(first, short);
    for (const name of others) {
      const [group, version] = name.split('.').slice(-3);
      names.set(name, `${capital(group)}${capital(version)}${short}`);
    }
  }
  return names;
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function declaration(tsName, type, names) {
  if (type.properties === undefined) return `export type ${tsName} = ${typeText(type, names)};`;
  const isList = tsName.endsWith('List') && type.properties.items !== undefined;
  const fields = Object.entries(type.properties).map(([field, schema]) => {
    const text = typeText(schema, names);
    const key = /^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field);
    const required = (text === 'ObjectMeta' && type.gvk !== undefined) || (isList && field === 'items');
    return required ? `  ${key}: ${text};` : `  ${key}?: ${text} | undefined;`;
  });
  return `export interface ${tsName} {\n${fields.join('\n')}\n}`;
}

function typeText(schema, names) {
  if (schema.ref !== undefined) return names.get(schema.ref);
  if (schema.format === 'int-or-string') return 'number | string';
  if (schema.map !== undefined) return `Record<string, ${typeText(schema.map, names)}>`;
  switch (schema.type) {
    case 'array': {
      const item = typeText(schema.items, names);
      return item.includes('|') ? `(${item})[]` : `${item}[]`;
    }
    case 'object':
      return 'Record<string, unknown>';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
      return schema.type;
    default:
      return 'unknown';
  }
}
