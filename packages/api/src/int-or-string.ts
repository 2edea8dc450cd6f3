/** A number or a percentage such as `25%`, as Deployments' maxSurge has it. */
export type IntOrPercent = number | string;

/** The percentage that a text stands for; undefined if it is none. */
export function percentOf(text: string): number | undefined {
  const match = /^(\d+)%$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** The number that is meant when `total` are all. Throws RangeError on a text that is no percentage. */
export function scaledValue(value: IntOrPercent, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined)
    throw new RangeError('invalid value for IntOrString: invalid type: string is not a percentage');
  const scaled = (percent * total) / 100;
  return roundUp ? Math.ceil(scaled) : Math.floor(scaled);
}
