/** A time as Go writes it, of half a second or more: `512.5ms`, `1m3.25s`. */
export function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${trimmed(milliseconds)}ms`;
  const minutes = Math.floor(milliseconds / 60_000);
  const hours = Math.floor(minutes / 60);
  const seconds = trimmed((milliseconds % 60_000) / 1000);
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes % 60}m` : ''}${seconds}s`;
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(6)));
}
