export type RaftErrorCode =
  /** There is no leader to take the request now; try again. */
  | 'noLeader'
  /** The leader is handing over; try again soon. */
  | 'transferring'
  /** The leader has `uncommittedBytesMax` of proposals in flight; try again later. */
  | 'tooManyUncommitted'
  /** This node does not lead, and what was asked is not passed on. */
  | 'notLeader'
  /** A change of the configuration is not applied yet; try again when it is. */
  | 'confChangePending'
  /** A change that cannot follow the configuration there is. */
  | 'invalidConfChange'
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
