// Makes packages/api/schema/go-types.json and enums.json from Kubernetes' Go types: which fields have types of their own
// names, as Go's decoder tells them, and which have one of some values, as OpenAPI tells them. Usage: node scripts/generate-go-types.mjs SOURCE_DIRECTORY
// SOURCE_DIRECTORY holds the sources of the modules under k8s.io: api, apimachinery, apiextensions-apiserver, kube-aggregator.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [sourceDirectory] = process.argv.slice(2);
if (sourceDirectory === undefined) {
  console.error('usage: node scripts/generate-go-types.mjs SOURCE_DIRECTORY');
  process.exit(2);
}

const schemaDirectory = fileURLToPath(new URL('../packages/api/schema/', import.meta.url));
const types = JSON.parse(readFileSync(join(schemaDirectory, 'types.json'), 'utf8'));
const typeNames = Object.keys(types);

/** Names of types in OpenAPI begin with the path of their package. */
const packageOf = (typeName) => typeName.slice(0, typeName.lastIndexOf('.'));
const directoryOf = (name) => name.replace(/^io\.k8s\./, '').replaceAll('.', '/');
const packages = new Map([...new Set(typeNames.map(packageOf))].map((name) => [name, readPackage(name)]));
/** What other packages have that fields are made of. */
const FOREIGN = { types: 'io.k8s.apimachinery.pkg.types' };
packages.set(FOREIGN.types, readPackage(FOREIGN.types));

function readPackage(name) {
  const directory = join(sourceDirectory, directoryOf(name));
  const found = { imports: new Map(), types: new Map(), enums: new Map(), constants: [] };
  for (const file of readdirSync(directory)) {
    if (!file.endsWith('.go') || file.endsWith('_test.go') || file.startsWith('zz_')) continue;
    const source = readFileSync(join(directory, file), 'utf8');
    for (const [, type] of source.matchAll(/^\/\/ \+enum\b.*\n(?:\/\/.*\n)*type (\w+) string$/gm))
      found.enums.set(type, new Set());
    const text = source
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/^\s*\/\/.*$/gm, '')
      .replace(/\s\/\/[^`"\n]*$/gm, '');
    for (const [, alias, path] of text.matchAll(/^\s*(?:import )?(\w+)? ?"k8s\.io\/([^"]+)"$/gm)) {
      found.imports.set(alias ?? path.split('/').at(-1), `io.k8s.${path.replaceAll('/', '.')}`);
    }
    for (const [, type, value] of text.matchAll(/^\s*(?:const )?\w+\s+(\w+)\s*= "([^"]*)"$/gm))
      found.constants.push([type, value]);
    for (const [, type, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      found.types.set(type, { fields: fieldsIn(body) });
    }
    for (const [, type, alias, of] of text.matchAll(/^type (\w+) (= )?((?!struct\b|interface\b|func\b)\S+)$/gm)) {
      found.types.set(type, alias === undefined ? { of } : { alias: of });
    }
  }
  for (const [type, value] of found.constants) found.enums.get(type)?.add(value);
  return found;
}

function fieldsIn(body) {
  const fields = [];
  for (const line of body.split('\n')) {
    const parts = /^\s*(?:(\w+)\s+)?(\S+)(?:\s+`(.*)`)?\s*$/.exec(line);
    if (parts === null) continue;
    const [, name, type, tags = ''] = parts;
    const json = /json:"([^"]*)"/.exec(tags)?.[1] ?? '';
    const [jsonName = ''] = json.split(',');
    if (jsonName === '-') continue;
    if (jsonName === '' && (name === undefined || json.includes('inline'))) fields.push({ embedded: type });
    else if (name === undefined) fields.push({ name: jsonName, type });
    else if (/^[A-Z]/.test(name)) fields.push({ name: jsonName === '' ? name : jsonName, type });
  }
  return fields;
}

/** A type as Go's reflection prints it, and whether that says more than the schema does. */
function printed(type, inPackage) {
  const container = /^(\*|\[\]|map\[[^\]]+\])(.*)$/.exec(type);
  if (container !== null) {
    const [, outer, inner] = container;
    const below = printed(inner, inPackage);
    if (!outer.startsWith('map'))
      return { ...below, text: outer + below.text, isTold: below.isTold || inner.startsWith('*') };
    const key = printed(outer.slice(4, -1), inPackage);
    return { ...below, text: `map[${key.text}]${below.text}`, isTold: key.isTold || below.isTold };
  }
  if (/^[a-z]\w*$/.test(type)) {
    const isKnown = ['string', 'bool', 'int32', 'int64', 'float64', 'byte', 'any'].includes(type);
    return { text: type === 'byte' ? 'uint8' : type, isTold: !isKnown };
  }
  const [first, second] = type.split('.');
  const packageName = second === undefined ? inPackage : packages.get(inPackage).imports.get(first);
  const name = second ?? first;
  const text = `${packageName.split('.').at(-1)}.${name}`;
  const found = packages.get(packageName)?.types.get(name);
  if (found === undefined) return { text, isTold: false };
  if (found.alias !== undefined) return printed(found.alias, packageName);
  const values = packages.get(packageName).enums.get(name);
  return { text, isTold: found.fields === undefined, values: values === undefined ? undefined : [...values].sort() };
}

function* allFields(type, packageName) {
  for (const { name, type: of, embedded } of packages.get(packageName).types.get(type)?.fields ?? []) {
    if (embedded === undefined) {
      yield [name, printed(of.replace(/^\*/, ''), packageName)];
      continue;
    }
    const [first, second] = embedded.replace(/^\*/, '').split('.');
    const from = second === undefined ? packageName : packages.get(packageName).imports.get(first);
    if (packages.has(from)) yield* allFields(second ?? first, from);
  }
}

const lines = [];
const enums = [];
for (const typeName of typeNames) {
  const fields = [...allFields(typeName.split('.').at(-1), packageOf(typeName))].filter(
    ([field, { isTold }]) => isTold && types[typeName].properties?.[field] !== undefined,
  );
  if (fields.length === 0) continue;
  const chosen = fields.flatMap(([field, { values = [] }]) => (values.length === 0 ? [] : [[field, values]]));
  if (chosen.length > 0) enums.push(`${JSON.stringify(typeName)}: ${JSON.stringify(Object.fromEntries(chosen))}`);
  lines.push(
    `${JSON.stringify(typeName)}: ${JSON.stringify(Object.fromEntries(fields.map(([n, { text }]) => [n, text])))}`,
  );
}
writeFileSync(join(schemaDirectory, 'go-types.json'), `{\n${lines.join(',\n')}\n}\n`);
writeFileSync(join(schemaDirectory, 'enums.json'), `{\n${enums.join(',\n')}\n}\n`);
