export type RaftErrorCode =
  /** There is no leader to take the request now; try again. */
  | 'noLeader'
  /** The leader is handing over; try again soon. */
  | 'transferring'
  /** The leader has `uncommittedBytesMax` of proposals in flight; try again later. */
  | 'tooManyUncommitted'
  /** `pendingReadsMax` reads wait for the leader to be confirmed; try again later. */
  | 'tooManyReads'
  /** This node does not lead, and what was asked is not passed on. */
  | 'notLeader'
  /** A change of the configuration is not applied yet; try again when it is. */
  | 'confChangePending'
  /** A change that cannot follow the configuration there is. */
  | 'invalidConfChange'
  /**
   * What is committed is not the same on two members, is missing in a log that had acknowledged it, or two members lead
   * one term: some log was lost, damaged or mixed up. The node must be stopped; it says nothing more.
   */
  | 'diverged'
  /** An option or restored state that cannot work. */
  | 'invalidOption';

export class RaftError extends Error {
  readonly code: RaftErrorCode;

  constructor(code: RaftErrorCode, message: string) {
    super(message);
    this.name = 'RaftError';
    this.code = code;
  }
}
