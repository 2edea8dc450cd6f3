export { type CheckOptions, check, type PartitionReport, type Report, type Verdict } from './check.js';
export { formatReport } from './format.js';
export { History, type Operation } from './history.js';
export type { Model } from './model.js';
export {
  type KeyValueInput,
  type KeyValueOutput,
  type KeyValueState,
  keyValue,
  type StoredValue,
} from './models/key-value.js';
export { type RegisterInput, type RegisterOutput, register } from './models/register.js';
export type { Placement } from './search.js';
