/** What one of several may have of something that is shared out. */
export interface Claim {
  readonly lowerBound: number;
  readonly upperBound: number;
  /** What it would have; not below the lower bound. */
  readonly target: number;
}

export interface Allocation {
  readonly shares: readonly number[];
  /** Of its target each gets so much, where its bounds let it. */
  readonly fairFraction: number;
}

/** A target of nothing would have no part in what is left over. */
const TARGET_MIN = 0.001;

/**
 * Shares out a sum so that each gets the same fraction of its target, or the bound that keeps it from that.
 * Undefined where the bounds do not allow the sum.
 */
export function allocate(sum: number, claims: readonly Claim[]): Allocation | undefined {
  const wanted = claims.map(({ target, ...bounds }) => ({ ...bounds, target: Math.max(target, TARGET_MIN) }));
  const sharesAt = (fraction: number) =>
    wanted.map(({ lowerBound, upperBound, target }) => Math.max(lowerBound, Math.min(upperBound, fraction * target)));
  const totalAt = (fraction: number) => total(sharesAt(fraction));
  // Between two neighbours of these the total grows evenly.
  const bends = wanted.flatMap(({ lowerBound, upperBound, target }) => [lowerBound / target, upperBound / target]);
  const corners = [...new Set(bends)].sort((a, b) => a - b);
  const [first = 0] = corners;
  const last = corners.at(-1) ?? 0;
  const low = totalAt(first);
  const high = totalAt(last);
  if (sum < low - TOLERANCE || sum > high + TOLERANCE) return undefined;
  if (sum <= low) return { shares: sharesAt(first), fairFraction: first };
  let [from, to] = [0, corners.length - 1];
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if (totalAt(corners[middle]!) < sum) from = middle;
    else to = middle;
  }
  const [left, right] = [corners[from] ?? first, corners[to] ?? last];
  const [below, above] = [totalAt(left), totalAt(right)];
  const fairFraction = above > below ? left + ((right - left) * (sum - below)) / (above - below) : right;
  return { shares: sharesAt(fairFraction), fairFraction };
}

const TOLERANCE = 1e-7;

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
