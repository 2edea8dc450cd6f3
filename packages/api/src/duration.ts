const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in milliseconds as tables show ages: `12s`, `5m30s`, `4h12m`, `3d`, after apimachinery's duration package. */
export function humanDuration(ms: number): string {
  if (ms < -2 * SECOND) return '<invalid>';
  if (ms < 0) return '0s';
  const [seconds, minutes] = [Math.floor(ms / SECOND), Math.floor(ms / MINUTE)];
  const [hours, days] = [Math.floor(ms / HOUR), Math.floor(ms / DAY)];
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return withRest(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 8 * 365 ? withRest(years, 'y', days % 365, 'd') : `${years}y`;
}

function withRest(count: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`;
}

/** The age of what happened at `timestamp` (RFC 3339), as tables show it. */
export function age(timestamp: string | undefined | null, now: Date): string {
  if (timestamp === undefined || timestamp === null) return '<unknown>';
  return humanDuration(now.getTime() - Date.parse(timestamp));
}

/** A time as Go writes it, from microseconds on: `0s`, `512.5ms`, `1m3.25s`. */
export function goDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${trimmed(milliseconds)}ms`;
  const minutes = Math.floor(milliseconds / 60_000);
  const hours = Math.floor(minutes / 60);
  const seconds = trimmed((milliseconds % 60_000) / 1000);
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes % 60}m` : ''}${seconds}s`;
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(6)));
}
