// Writes packages/protocol/src/gen/*.ts from proto/: for each message an interface and a codec, for each service its
// definition. Straight-line code over protobufjs' Reader and Writer: no reflection and no conversion at run time.
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** 64-bit fields that use all their bits. Every other 64-bit field is a number (exact below 2^53). */
const BIGINT_FIELDS = new Set(
  'ID lease cluster_id member_id memberID targetID leader created_at started_at finished_at timestamp'.split(' '),
);

const SCALARS = {
  string: {
    type: 'string',
    wire: 2,
    empty: "''",
    isSet: (v) => `${v}.length > 0`,
    read: 'r.string()',
    write: 'string',
  },
  bytes: {
    type: 'Buffer',
    wire: 2,
    empty: 'EMPTY',
    isSet: (v) => `${v}.length > 0`,
    read: 'readBytes(r)',
    write: 'bytes',
  },
  bool: { type: 'boolean', wire: 0, empty: 'false', isSet: (v) => v, read: 'r.bool()', write: 'bool' },
  int32: { type: 'number', wire: 0, empty: '0', isSet: (v) => `${v} !== 0`, read: 'r.int32()', write: 'int32' },
  uint32: { type: 'number', wire: 0, empty: '0', isSet: (v) => `${v} !== 0`, read: 'r.uint32()', write: 'uint32' },
  double: { type: 'number', wire: 1, empty: '0', isSet: (v) => `${v} !== 0`, read: 'r.double()', write: 'double' },
};
const number64 = (read, write) => ({
  type: 'number',
  wire: 0,
  empty: '0',
  isSet: (v) => `${v} !== 0`,
  read: `${read}(r)`,
  write,
});
const bigint64 = (read, write) => ({
  type: 'bigint',
  wire: 0,
  empty: '0n',
  isSet: (v) => `${v} !== 0n`,
  read: `${read}(r)`,
  write,
  big: true,
});

/** Of what is generated, where the folder's last part does not say it. */
const NAMES = { 'keelson/v1': 'keelson', 'kms/v2': 'kms' };

for (const folder of ['etcd', 'keelson/v1', 'keelson/raft', 'cri', 'kms/v2']) {
  const files = protoFiles(folder);
  if (files.length === 0) continue;
  const name = NAMES[folder] ?? folder.split('/').at(-1);
  writeFileSync(`${root}packages/protocol/src/gen/${name}.ts`, generate(folder, files));
}

function protoFiles(folder) {
  try {
    return readdirSync(`${root}proto/${folder}`, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.proto'))
      .sort()
      .map((file) => `${folder}/${file}`);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function generate(folder, files) {
  const tree = new protobuf.Root();
  tree.resolvePath = (_origin, target) => `${root}proto/${target}`;
  tree.loadSync(files, { keepCase: true });
  tree.resolveAll();
  const types = [];
  const enums = [];
  const services = [];
  collect(tree, types, enums, services);
  const names = new Map();
  for (const item of [...types, ...enums]) {
    const name = tsName(item);
    if (names.has(name)) throw new Error(`${folder}: ${item.fullName} and ${names.get(name)} are both ${name}`);
    names.set(name, item.fullName);
  }
  const body = [...enums.map(enumCode), ...types.map(typeCode), ...services.map(serviceCode)].join('\n\n');
  const used = (candidates) => candidates.filter((candidate) => new RegExp(`\\b${candidate}\\b`).test(body));
  const values = used([
    'EMPTY',
    'readBigInt64',
    'readBigUint64',
    'readBytes',
    'readInt64',
    'readUint64',
    'writeBigInt',
    'codec',
    'method',
  ]);
  return [
    `// Generated from proto/${folder} by scripts/generate-protocol.mjs. Do not edit.`,
    `import { ${[...values, 'type Codec', 'type Init', 'type Reader', 'type Writer'].join(', ')} } from '../codec.js';`,
    '',
    body,
    '',
  ].join('\n');
}

function collect(node, types, enums, services) {
  for (const child of node.nestedArray ?? []) {
    if (child instanceof protobuf.Type) types.push(child);
    else if (child instanceof protobuf.Enum) enums.push(child);
    else if (child instanceof protobuf.Service) services.push(child);
    collect(child, types, enums, services);
  }
}

/** Nested types take their parent's name as a prefix, unless they carry it already. */
function tsName(type) {
  const outer = type.parent instanceof protobuf.Type ? tsName(type.parent) : '';
  return type.name.startsWith(outer) ? type.name : `${outer}${type.name}`;
}

function camel(name) {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

function enumCode(type) {
  const name = tsName(type);
  const rows = Object.entries(type.values).map(([key, value]) => `  ${key}: ${value},`);
  return `export const ${name} = {\n${rows.join('\n')}\n} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
}

function scalarOf(typeName, fieldName) {
  const big = BIGINT_FIELDS.has(fieldName);
  if (typeName === 'int64') return big ? bigint64('readBigInt64', 'int64') : number64('readInt64', 'int64');
  if (typeName === 'uint64') return big ? bigint64('readBigUint64', 'uint64') : number64('readUint64', 'uint64');
  const scalar = SCALARS[typeName];
  if (scalar === undefined) throw new Error(`type ${typeName} of ${fieldName} is not supported`);
  return scalar;
}

function shapeOf(field) {
  const type = field.resolvedType;
  if (type instanceof protobuf.Type) return { message: tsName(type), type: tsName(type), wire: 2 };
  if (type instanceof protobuf.Enum) {
    const zero = type.valuesById[0];
    const name = tsName(type);
    return {
      type: name,
      wire: 0,
      empty: `${name}.${zero}`,
      isSet: (v) => `${v} !== 0`,
      read: `r.int32() as ${name}`,
      write: 'int32',
    };
  }
  return scalarOf(field.type, field.name);
}

/** Fields whose absence shows: messages, members of a oneof, `optional` scalars. */
function isOptional(field) {
  return !field.repeated && !field.map && (field.partOf != null || field.resolvedType instanceof protobuf.Type);
}

function typeCode(type) {
  const name = tsName(type);
  const fields = type.fieldsArray;
  const properties = fields.map((field) => {
    const shape = shapeOf(field);
    if (field.map) return `  ${camel(field.name)}: Record<string, ${shape.type}>;`;
    if (field.repeated) return `  ${camel(field.name)}: ${shape.type}[];`;
    return isOptional(field)
      ? `  ${camel(field.name)}: ${shape.type} | undefined;`
      : `  ${camel(field.name)}: ${shape.type};`;
  });
  const empties = fields.map((field) => {
    if (field.map) return `    ${camel(field.name)}: {},`;
    if (field.repeated) return `    ${camel(field.name)}: [],`;
    return `    ${camel(field.name)}: ${isOptional(field) ? 'undefined' : shapeOf(field).empty},`;
  });
  const message = fields.length === 0 ? '_m' : 'm';
  return `export interface ${name} {
${properties.join('\n')}
}

export function encode${name}(${message}: Init<${name}>, w: Writer): Writer {
${fields.map(encodeField).join('\n')}
  return w;
}

export function decode${name}(r: Reader, end: number): ${name} {
  const m: ${name} = {
${empties.join('\n')}
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
${fields.map(decodeField).join('\n')}
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ${name}: Codec<${name}> = codec(encode${name}, decode${name});`;
}

function writeScalar(shape, value) {
  return `${shape.write}(${shape.big ? `writeBigInt(${value})` : value})`;
}

function writeValue(shape, tag, value) {
  if (shape.message) return `encode${shape.message}(${value}, w.uint32(${tag}).fork()).ldelim();`;
  return `w.uint32(${tag}).${writeScalar(shape, value)};`;
}

function encodeField(field) {
  const shape = shapeOf(field);
  const value = `m.${camel(field.name)}`;
  const tag = (field.id << 3) | shape.wire;
  if (field.map) return encodeMap(field, shape, value);
  if (field.repeated) {
    if (shape.wire === 2)
      return `  if (${value} !== undefined) for (const item of ${value}) ${writeValue(shape, tag, 'item')}`;
    return [
      `  if (${value} !== undefined && ${value}.length > 0) {`,
      `    w.uint32(${(field.id << 3) | 2}).fork();`,
      `    for (const item of ${value}) w.${writeScalar(shape, 'item')};`,
      '    w.ldelim();',
      '  }',
    ].join('\n');
  }
  const test = isOptional(field) ? `${value} !== undefined` : `${value} !== undefined && ${shape.isSet(value)}`;
  return `  if (${test}) ${writeValue(shape, tag, value)}`;
}

function encodeMap(field, shape, value) {
  const tag = (field.id << 3) | 2;
  const entry = shape.message
    ? `encode${shape.message}(item, w.uint32(${tag}).fork().uint32(10).string(key).uint32(18).fork()).ldelim().ldelim();`
    : `w.uint32(${tag}).fork().uint32(10).string(key).uint32(${16 | shape.wire}).${writeScalar(shape, 'item')}.ldelim();`;
  return `  if (${value} !== undefined) for (const [key, item] of Object.entries(${value})) if (item !== undefined) ${entry}`;
}

function readValue(shape) {
  return shape.message ? `decode${shape.message}(r, r.uint32() + r.pos)` : shape.read;
}

function decodeField(field) {
  const shape = shapeOf(field);
  const target = `m.${camel(field.name)}`;
  const rows = [`      case ${field.id}:${field.map ? ' {' : ''}`];
  if (field.map) {
    rows.push(
      '        const entryEnd = r.uint32() + r.pos;',
      "        let key = '';",
      `        let item: ${shape.type} | undefined;`,
      '        while (r.pos < entryEnd) {',
      '          const entryTag = r.uint32();',
      '          if (entryTag >>> 3 === 1) key = r.string();',
      `          else if (entryTag >>> 3 === 2) item = ${readValue(shape)};`,
      '          else r.skipType(entryTag & 7);',
      '        }',
      `        ${target}[key] = item ?? ${shape.message ? `decode${shape.message}(r, r.pos)` : shape.empty};`,
    );
  } else if (field.repeated && shape.wire !== 2) {
    rows.push(
      '        if ((tag & 7) === 2) {',
      '          const packedEnd = r.uint32() + r.pos;',
      `          while (r.pos < packedEnd) ${target}.push(${readValue(shape)});`,
      `        } else ${target}.push(${readValue(shape)});`,
    );
  } else if (field.repeated) rows.push(`        ${target}.push(${readValue(shape)});`);
  else rows.push(`        ${target} = ${readValue(shape)};`);
  rows.push(`        break;${field.map ? '\n      }' : ''}`);
  return rows.join('\n');
}

function serviceCode(service) {
  const full = service.fullName.replace(/^\./, '');
  const rows = service.methodsArray.map((method) => {
    method.resolve();
    const types = [tsName(method.resolvedRequestType), tsName(method.resolvedResponseType)];
    const name = method.name[0].toLowerCase() + method.name.slice(1);
    return `  ${name}: method('/${full}/${method.name}', ${types[0]}, ${types[1]}, ${Boolean(method.requestStream)}, ${Boolean(method.responseStream)}),`;
  });
  return `export const ${service.name}Service = {\n${rows.join('\n')}\n} as const;`;
}
