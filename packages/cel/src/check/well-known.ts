import {
  ANY,
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  STRING,
  TIMESTAMP,
  type Type,
  UINT,
  wrapper,
} from '../types/type.js';
import { ArrayList, EntryMap } from '../values/collections.js';
import { CelDuration, CelTimestamp } from '../values/time.js';
import { CelError, CelUint, type Value } from '../values/value.js';
import type { TypeProvider } from './scope.js';

const PREFIX = 'google.protobuf.';
const JSON_LIST = listOf(DYN);
const JSON_MAP = mapOf(STRING, DYN);

const WRAPPERS: Readonly<Record<string, Type>> = {
  BoolValue: BOOL,
  BytesValue: BYTES,
  DoubleValue: DOUBLE,
  FloatValue: DOUBLE,
  Int32Value: INT,
  Int64Value: INT,
  StringValue: STRING,
  UInt32Value: UINT,
  UInt64Value: UINT,
};

interface Message {
  readonly type: Type;
  readonly fields: Readonly<Record<string, Type>>;
  make(fields: ReadonlyMap<string, Value>): Value;
}

const int = (value: Value | undefined) => (typeof value === 'bigint' ? value : 0n);

const zero = (type: Type): Value => {
  switch (type.kind) {
    case 'bool':
      return false;
    case 'int':
      return 0n;
    case 'uint':
      return new CelUint(0n);
    case 'double':
      return 0;
    case 'bytes':
      return new Uint8Array();
    default:
      return '';
  }
};

/** The messages of protobuf that the language itself knows. */
const MESSAGES = new Map<string, Message>([
  ...Object.entries(WRAPPERS).map(
    ([name, type]) =>
      [
        `${PREFIX}${name}`,
        {
          type: wrapper(type),
          fields: { value: type },
          make: (fields: ReadonlyMap<string, Value>) => fields.get('value') ?? zero(type),
        },
      ] as const,
  ),
  [
    `${PREFIX}Duration`,
    {
      type: DURATION,
      fields: { seconds: INT, nanos: INT },
      make: (fields) => CelDuration.of(int(fields.get('seconds')) * 1_000_000_000n + int(fields.get('nanos'))),
    },
  ],
  [
    `${PREFIX}Timestamp`,
    {
      type: TIMESTAMP,
      fields: { seconds: INT, nanos: INT },
      make: (fields) => CelTimestamp.of(int(fields.get('seconds')), Number(int(fields.get('nanos')))),
    },
  ],
  [
    `${PREFIX}Struct`,
    {
      type: JSON_MAP,
      fields: { fields: JSON_MAP },
      make: (fields) => fields.get('fields') ?? new EntryMap(),
    },
  ],
  [
    `${PREFIX}ListValue`,
    {
      type: JSON_LIST,
      fields: { values: JSON_LIST },
      make: (fields) => fields.get('values') ?? new ArrayList([]),
    },
  ],
  [
    `${PREFIX}Value`,
    {
      type: DYN,
      fields: {
        null_value: INT,
        number_value: DOUBLE,
        string_value: STRING,
        bool_value: BOOL,
        struct_value: JSON_MAP,
        list_value: JSON_LIST,
      },
      make: (fields) => {
        const [first] = fields;
        return first === undefined || first[0] === 'null_value' ? null : first[1];
      },
    },
  ],
  [
    `${PREFIX}Any`,
    {
      type: ANY,
      fields: { type_url: STRING, value: BYTES },
      make: () => new CelError('got error unmarshalling empty type URL'),
    },
  ],
]);

/** The message that makes values of a type; undefined for types that no message makes. */
export function wellKnownName(type: Type, preferred?: string): string | undefined {
  if (preferred !== undefined && MESSAGES.has(preferred)) return preferred;
  if (type.kind === 'null') return `${PREFIX}NullValue`;
  for (const [name, message] of MESSAGES) if (message.type.equals(type)) return name;
  return undefined;
}

export const WELL_KNOWN: TypeProvider = {
  findStruct: (name) => MESSAGES.get(name)?.type ?? (name === `${PREFIX}NullValue` ? NULL : undefined),
  findField: (struct, field) => {
    const fields = MESSAGES.get(struct)?.fields;
    return fields && Object.hasOwn(fields, field) ? fields[field] : undefined;
  },
  construct: (struct, fields) => MESSAGES.get(struct)?.make(fields),
};
