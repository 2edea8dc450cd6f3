/** How much a priority level may take on, and what becomes of the rest. */
import { type FieldError, forbidden, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  QueuingConfiguration,
} from '../../gen/types.js';

const QUEUES_MAX = 10_000_000;
/** What a flow's hash can tell apart. */
const HASH_BITS_MAX = 60;

export function validateExempt(exempt: ExemptPriorityLevelConfiguration, at: Path): FieldError[] {
  return [...validateShares(exempt, at), ...validateLendable(exempt, at)];
}

export function validateLimited(limited: LimitedPriorityLevelConfiguration, at: Path): FieldError[] {
  const { borrowingLimitPercent: borrowing = 0, limitResponse = {} } = limited;
  const errors = [
    ...validateShares(limited, at),
    ...validateResponse(limitResponse, at.child('limitResponse')),
    ...validateLendable(limited, at),
  ];
  if (borrowing < 0)
    errors.push(invalid(at.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer'));
  return errors;
}

function validateShares({ nominalConcurrencyShares: shares = 0 }: ExemptPriorityLevelConfiguration, at: Path) {
  return shares >= 0 ? [] : [invalid(at.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer')];
}

function validateLendable({ lendablePercent: percent = 0 }: ExemptPriorityLevelConfiguration, at: Path) {
  const fine = percent >= 0 && percent <= 100;
  return fine ? [] : [invalid(at.child('lendablePercent'), percent, 'must be between 0 and 100, inclusive')];
}

function validateResponse({ type = '', queuing }: LimitResponse, at: Path): FieldError[] {
  switch (type) {
    case 'Reject': {
      const text = 'must be nil if limited.limitResponse.type is not Limited';
      return queuing === undefined ? [] : [forbidden(at.child('queuing'), text)];
    }
    case 'Queue': {
      const text = 'must not be empty if limited.limitResponse.type is Limited';
      return queuing === undefined
        ? [required(at.child('queuing'), text)]
        : validateQueuing(queuing, at.child('queuing'));
    }
    default:
      return [notSupported(at.child('type'), type, ['Queue', 'Reject'])];
  }
}

function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration, at: Path) {
  const errors: FieldError[] = [];
  const positive = 'must be positive';
  if (queueLengthLimit <= 0) errors.push(invalid(at.child('queueLengthLimit'), queueLengthLimit, positive));
  if (queues <= 0) errors.push(invalid(at.child('queues'), queues, positive));
  else if (queues > QUEUES_MAX)
    errors.push(invalid(at.child('queues'), queues, `must not be greater than ${QUEUES_MAX}`));
  const hand = (text: string) => void errors.push(invalid(at.child('handSize'), handSize, text));
  if (handSize <= 0) hand(positive);
  else if (handSize > queues) hand(`should not be greater than queues (${queues})`);
  else if (entropyBits(queues, handSize) > HASH_BITS_MAX) {
    const what = `required entropy bits of deckSize ${queues} and handSize ${handSize}`;
    hand(`${what} should not be greater than ${HASH_BITS_MAX}`);
  }
  return errors;
}

/** What it takes to tell all hands apart that can be dealt from a deck. */
function entropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize);
}
