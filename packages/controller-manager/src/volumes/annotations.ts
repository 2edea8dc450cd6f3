/** On a claim: it was bound once, whatever has become of its volume since. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** On a claim or a volume: a controller chose what it is bound to, not a user. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** On a volume: who made it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** On a claim or a volume: the driver that has taken over from the plugin which it names. */
export const MIGRATED_TO = 'pv.kubernetes.io/migrated-to';
/** On a claim: who is to make its volume. */
export const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const BETA_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
/** On a claim: the node which the scheduler has chosen for its first pod. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** On a volume that grew: how large it was before. */
export const PRE_RESIZE_CAPACITY = 'volume.alpha.kubernetes.io/pre-resize-capacity';
/** On a claim: who makes its volume grow. */
export const RESIZER = 'volume.kubernetes.io/storage-resizer';
/** On claims and volumes of old, in the place of the field. */
export const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** On a volume that a plugin of the controller made: what it stands for goes first. */
export const IN_TREE_FINALIZER = 'kubernetes.io/pv-controller';
