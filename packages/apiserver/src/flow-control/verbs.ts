const READING = new Set(['get', 'list', 'watch', 'proxy', 'head', 'options']);

export function isMutating(verb: string): boolean {
  return !READING.has(verb);
}
