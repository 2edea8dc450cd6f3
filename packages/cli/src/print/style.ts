import picocolors from 'picocolors';

/** Colours by meaning; on a stream that is no terminal they do nothing. */
export interface Style {
  readonly good: (text: string) => string;
  readonly busy: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const isOn = !env['NO_COLOR'] && env['TERM'] !== 'dumb' && (stream.isTTY === true || forced);
  const colours = picocolors.createColors(isOn);
  return { good: colours.green, busy: colours.yellow, bad: colours.red, bold: colours.bold, dim: colours.dim };
}

const GOOD = /^(Running|Ready|Active|Bound|Available|Succeeded|Completed?|True|Normal|Approved(,Issued)?)$/;
const BUSY =
  /^(Pending|ContainerCreating|PodInitializing|Terminating|Init:\d+\/\d+|Ready,SchedulingDisabled|Unknown|Suspended|Released|Warning)$/;
const BAD =
  /^(.*Error|.*BackOff|.*Failed|Evicted|OOMKilled|NotReady.*|Lost|False|Err[A-Z].*|Invalid.*|.*Exceeded|Init:.*)$/;

/** A word that tells a state, in the colour of that state. */
export function stateColour(style: Style, word: string): string {
  if (GOOD.test(word)) return style.good(word);
  if (BUSY.test(word)) return style.busy(word);
  return BAD.test(word) ? style.bad(word) : word;
}
