import { type FunctionDeclaration, overload } from '../check/functions.js';
import { mapOf, param } from '../types/type.js';
import { GrowingMap } from '../values/collections.js';
import { CelError, type CelMap, type Value } from '../values/value.js';

const K = param('K');
const V = param('V');
const MAP_KV = mapOf(K, V);

function growing(map: Value): GrowingMap {
  if (map instanceof GrowingMap) return map;
  const source = map as CelMap;
  const copy = new GrowingMap();
  for (const key of source.keys()) copy.insert(key, source.find(key)!);
  return copy;
}

function insertAll(map: Value, update: Value): Value {
  const target = growing(map);
  const added = update as CelMap;
  for (const key of added.keys()) {
    const result = target.insert(key, added.find(key)!);
    if (result instanceof CelError) return result;
  }
  return target;
}

/** What `transformMap` and `transformMapEntry` are written out to. */
export const MAP_INSERT: readonly FunctionDeclaration[] = [
  {
    name: 'cel.@mapInsert',
    overloads: [
      overload('@mapInsert_map_key_value', [MAP_KV, K, V], MAP_KV, (map, key, value) =>
        growing(map).insert(key!, value!),
      ),
      overload('@mapInsert_map_map', [MAP_KV, MAP_KV], MAP_KV, insertAll),
    ],
  },
];
