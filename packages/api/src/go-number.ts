/** A floating-point number as Go prints it: with an exponent from a million on, and below a ten-thousandth. */
export function goFloat(value: number): string {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 1e-4 && size < 1e6);
  const text = isPlain || !Number.isFinite(value) ? String(value) : value.toExponential();
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A number of which only its value is known: whole ones are taken for integers. */
export function goNumber(value: number | bigint): string {
  return typeof value === 'bigint' || Number.isInteger(value) ? value.toString() : goFloat(value);
}
