export {
  type ConfChange,
  type ConfChangeStep,
  type ConfChangeTransition,
  type ConfChangeType,
  changeConf,
  isJoint,
} from './confchange.js';
export { decodeConfChange, encodeConfChange } from './confchange-codec.js';
export { confState } from './config.js';
export type { RoleName, StepDownReason } from './core.js';
export { RaftError, type RaftErrorCode } from './errors.js';
export type { StoredLog } from './log.js';
export type * from './messages.js';
export { entrySize, NONE } from './messages.js';
export {
  initialState,
  type PeerStatus,
  RaftNode,
  type RaftStatus,
  type Ready,
  type SoftState,
  type StoredState,
} from './node.js';
export type { RaftOptions, RaftSettings } from './options.js';
