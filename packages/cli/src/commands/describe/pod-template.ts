export function describeTemplate(_template: unknown): string {
  return '';
}
