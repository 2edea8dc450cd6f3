import { status } from '@grpc/grpc-js';

/** An error with the gRPC code and the exact text that etcd clients match. */
export class EtcdError extends Error {
  readonly code: status;
  /** grpc-js sends this as the status' message. */
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.name = 'EtcdError';
    this.code = code;
    this.details = details;
  }
}

function define(code: status, details: string): () => EtcdError {
  return () => new EtcdError(code, details);
}

const { INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, OUT_OF_RANGE, RESOURCE_EXHAUSTED, UNAVAILABLE } = status;

/** Names, codes and texts of etcd's api/v3rpc/rpctypes/error.go. */
export const errors = {
  emptyKey: define(INVALID_ARGUMENT, 'etcdserver: key is not provided'),
  keyNotFound: define(INVALID_ARGUMENT, 'etcdserver: key not found'),
  valueProvided: define(INVALID_ARGUMENT, 'etcdserver: value is provided'),
  leaseProvided: define(INVALID_ARGUMENT, 'etcdserver: lease is provided'),
  tooManyOps: define(INVALID_ARGUMENT, 'etcdserver: too many operations in txn request'),
  duplicateKey: define(INVALID_ARGUMENT, 'etcdserver: duplicate key given in txn request'),
  invalidSortOption: define(INVALID_ARGUMENT, 'etcdserver: invalid sort option'),
  invalidClientApiVersion: define(INVALID_ARGUMENT, 'etcdserver: invalid client api version'),
  compacted: define(OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted'),
  futureRevision: define(OUT_OF_RANGE, 'etcdserver: mvcc: required revision is a future revision'),
  noSpace: define(RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded'),
  leaseNotFound: define(NOT_FOUND, 'etcdserver: requested lease not found'),
  leaseExists: define(FAILED_PRECONDITION, 'etcdserver: lease already exists'),
  leaseTtlTooLarge: define(OUT_OF_RANGE, 'etcdserver: too large lease TTL'),
  memberNotFound: define(NOT_FOUND, 'etcdserver: member not found'),
  peerUrlExists: define(FAILED_PRECONDITION, 'etcdserver: Peer URLs already exists'),
  memberExists: define(FAILED_PRECONDITION, 'etcdserver: member ID already exist'),
  badMemberUrls: define(INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'),
  tooManyLearners: define(FAILED_PRECONDITION, 'etcdserver: too many learner members in cluster'),
  learnerNotReady: define(
    FAILED_PRECONDITION,
    'etcdserver: can only promote a learner member which is in sync with leader',
  ),
  notEnoughStarted: define(
    FAILED_PRECONDITION,
    'etcdserver: re-configuration failed due to not enough started members',
  ),
  unhealthy: define(UNAVAILABLE, 'etcdserver: unhealthy cluster'),
  notForLearner: define(FAILED_PRECONDITION, 'etcdserver: rpc not supported for learner'),
  memberNotLearner: define(FAILED_PRECONDITION, 'etcdserver: can only promote a learner member'),
  requestTooLarge: define(INVALID_ARGUMENT, 'etcdserver: request is too large'),
  tooManyRequests: define(RESOURCE_EXHAUSTED, 'etcdserver: too many requests'),
  rootUserNotExist: define(FAILED_PRECONDITION, 'etcdserver: root user does not exist'),
  rootRoleNotExist: define(FAILED_PRECONDITION, 'etcdserver: root user does not have root role'),
  userAlreadyExists: define(FAILED_PRECONDITION, 'etcdserver: user name already exists'),
  userEmpty: define(INVALID_ARGUMENT, 'etcdserver: user name is empty'),
  userNotFound: define(FAILED_PRECONDITION, 'etcdserver: user name not found'),
  roleAlreadyExists: define(FAILED_PRECONDITION, 'etcdserver: role name already exists'),
  roleNotFound: define(FAILED_PRECONDITION, 'etcdserver: role name not found'),
  roleEmpty: define(INVALID_ARGUMENT, 'etcdserver: role name is empty'),
  authFailed: define(INVALID_ARGUMENT, 'etcdserver: authentication failed, invalid user ID or password'),
  noPasswordUser: define(status.UNKNOWN, 'auth: authentication failed, password was given for no password user'),
  permissionNotGiven: define(INVALID_ARGUMENT, 'etcdserver: permission not given'),
  permissionDenied: define(status.PERMISSION_DENIED, 'etcdserver: permission denied'),
  roleNotGranted: define(FAILED_PRECONDITION, 'etcdserver: role is not granted to the user'),
  permissionNotGranted: define(FAILED_PRECONDITION, 'etcdserver: permission is not granted to the role'),
  authNotEnabled: define(FAILED_PRECONDITION, 'etcdserver: authentication is not enabled'),
  invalidAuthToken: define(status.UNAUTHENTICATED, 'etcdserver: invalid auth token'),
  invalidAuthManagement: define(INVALID_ARGUMENT, 'etcdserver: invalid auth management'),
  authOldRevision: define(INVALID_ARGUMENT, 'etcdserver: revision of auth store is old'),
  noLeader: define(UNAVAILABLE, 'etcdserver: no leader'),
  notLeader: define(FAILED_PRECONDITION, 'etcdserver: not leader'),
  leaderChanged: define(UNAVAILABLE, 'etcdserver: leader changed'),
  stopped: define(UNAVAILABLE, 'etcdserver: server stopped'),
  timeout: define(UNAVAILABLE, 'etcdserver: request timed out'),
  timeoutLeaderFail: define(UNAVAILABLE, 'etcdserver: request timed out, possibly due to previous leader failure'),
  wrongDowngradeVersionFormat: define(INVALID_ARGUMENT, 'etcdserver: wrong downgrade target version format'),
  invalidDowngradeTargetVersion: define(INVALID_ARGUMENT, 'etcdserver: invalid downgrade target version'),
  downgradeInProcess: define(FAILED_PRECONDITION, 'etcdserver: cluster has a downgrade job in progress'),
  noInflightDowngrade: define(FAILED_PRECONDITION, 'etcdserver: no inflight downgrade job'),
  unknownMethod: define(status.UNKNOWN, 'etcdserver: unknown method'),
  corrupt: define(status.DATA_LOSS, 'etcdserver: corrupt cluster'),
  timeoutLeaderTransfer: define(UNAVAILABLE, 'etcdserver: request timed out, leader transfer took too long'),
  /** As gRPC itself says it in etcd. */
  responseTooLarge: (bytes: number) =>
    new EtcdError(RESOURCE_EXHAUSTED, `grpc: trying to send message larger than max (${bytes} vs. 2147483647)`),
  badLeaderTransferee: define(FAILED_PRECONDITION, 'etcdserver: bad leader transferee'),
} as const;

/** The store cannot start or go on; the message says what happened where and what to do. */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
  }
}

/** What is on the disk cannot be trusted, or is gone: this member must not go on under the id that it had. */
export class DamagedError extends StoreError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DamagedError';
  }
}

/** Raft found that members do not agree on what is committed. */
export function divergedError(member: string, cause: Error): StoreError {
  return new StoreError(
    `member ${member} stops, for the members do not agree on what is committed (${cause.message}): a disk lost what it ` +
      'had acknowledged, or a data directory was copied or put back. Keep every data directory as it is. Compare the ' +
      'members (etcdctl endpoint hashkv --cluster); replace the one that differs from the others (etcdctl member ' +
      'remove, then add, with an empty directory), or restore a backup if no two agree',
    { cause },
  );
}
