/**
 * Values of JSON as YAML, to the byte as kube-apiserver and kubectl write it (sigs.k8s.io/yaml over yaml.v2): keys in
 * order, the items of a list at the indent of its field.
 */
import { runSteps, type Steps } from '../steps.js';
import { compareKeys } from './key-order.js';
import { keyText, scalarText } from './scalar.js';

/** An object or a list that is being written. */
interface Open {
  /** Undefined for a list. */
  readonly keys: readonly string[] | undefined;
  readonly values: object;
  readonly length: number;
  readonly margin: string;
  at: number;
  /** Whether the first of it stands on the line that is begun. */
  isInline: boolean;
}

/** Characters that one step writes. */
const STEP = 16 * 1024;

export function encodeYaml(value: unknown): string {
  return Buffer.concat(runSteps(encodeYamlSteps(value))).toString();
}

/** `value` as chunks of text; a function in it stands for what it returns when it is its turn. */
export function* encodeYamlSteps(value: unknown): Steps<Buffer[]> {
  const chunks: Buffer[] = [];
  const stack: Open[] = [];
  let text = '';
  const root = plainValue(value);
  if (isOpen(root)) stack.push(opened(root, '', true));
  else text = line(valueText(root, { column: 0, indent: 2 }));

  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.at === top.length) {
      stack.pop();
      continue;
    }
    const { keys, margin } = top;
    const key = keys?.[top.at];
    const child = plainValue((top.values as Record<string, unknown>)[key ?? top.at]);
    if (!top.isInline) text += margin;
    top.isInline = false;
    top.at += 1;
    let column = margin.length + 2;
    let isInline = keys === undefined;
    if (key === undefined) text += '-';
    else {
      const simple = keyText(key);
      if (simple !== undefined) {
        text += `${simple}:`;
        column += simple.length;
      } else {
        text += `${line(`? ${scalarText(key, { column, indent: column })}`)}${margin}:`;
        isInline = true;
      }
    }
    const indent = margin.length + 2;
    if (!isOpen(child)) text += line(` ${valueText(child, { column, indent })}`);
    else {
      // The items of a list stand at the indent of its field.
      const inner = isInline || !Array.isArray(child) ? `${margin}  ` : margin;
      text += isInline ? ' ' : '\n';
      stack.push(opened(child, inner, isInline));
    }
    if (text.length < STEP) continue;
    chunks.push(Buffer.from(text));
    text = '';
    yield;
  }
  chunks.push(Buffer.from(text));
  return chunks;
}

function plainValue(value: unknown): unknown {
  return typeof value === 'function' ? value() : value;
}

function isOpen(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.length > 0 : Object.values(value).some((field) => field !== undefined);
}

function opened(values: object, margin: string, isInline: boolean): Open {
  if (Array.isArray(values)) return { keys: undefined, values, length: values.length, margin, at: 0, isInline };
  const fields = values as Readonly<Record<string, unknown>>;
  const keys = Object.keys(fields)
    .filter((key) => fields[key] !== undefined)
    .sort()
    .sort(compareKeys);
  return { keys, values, length: keys.length, margin, at: 0, isInline };
}

function valueText(value: unknown, place: { column: number; indent: number }): string {
  if (typeof value === 'string') return scalarText(value, place);
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? '[]' : '{}';
  return typeof value === 'number' ? numberText(value) : String(value);
}

/** Whole numbers as they are, others in Go's shortest form: with an exponent from a million on or below 0.0001. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return BigInt(value).toString();
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** A literal block may have ended its last line itself. */
function line(text: string): string {
  return /[\n\u2028\u2029]$/.test(text) ? text : `${text}\n`;
}
