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
export { initialState, RaftNode } from './node.js';
export type { RaftOptions, RaftSettings } from './options.js';
export type { PeerStatus, RaftStatus, Ready, SoftState, StoredState } from './ready.js';
