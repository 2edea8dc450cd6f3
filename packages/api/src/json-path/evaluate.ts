import { encodeGoJson } from '../exact-json.js';
import { goNumber } from '../go-text.js';
import { isRecord, sortedFields } from '../object.js';
import { JsonPathError, type Operand, parseTemplate, type Step, type TemplateNode } from './parse.js';

/** A template that was read once, for many objects. */
export class JsonPath {
  readonly #nodes: readonly TemplateNode[];

  constructor(template: string) {
    this.#nodes = parseTemplate(template);
  }

  /** The template's text for an object; fields that are not there give nothing. */
  render(value: unknown): string {
    return renderNodes(this.#nodes, value, value);
  }

  /** The values of every path of the template. Throws JsonPathError where more than `valuesMax` come up on the way. */
  values(value: unknown, valuesMax = Number.POSITIVE_INFINITY): unknown[] {
    const left = { values: valuesMax };
    return this.#nodes.flatMap((node) => (node.type === 'path' ? walk(node.steps, value, value, left) : []));
  }
}

function renderNodes(nodes: readonly TemplateNode[], value: unknown, root: unknown): string {
  return nodes.map((node) => renderNode(node, value, root)).join('');
}

function renderNode(node: TemplateNode, value: unknown, root: unknown): string {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'path':
      return walk(node.steps, value, root).map(valueText).join(' ');
    case 'range':
      return walk(node.steps, value, root)
        .map((it) => renderNodes(node.body, it, root))
        .join('');
  }
}

/** A value as kubectl prints it: strings bare, lists and maps as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return goNumber(value);
  return typeof value === 'object' ? encodeGoJson(sortedFields(value)) : String(value);
}

interface Left {
  values: number;
}

const UNLIMITED: Left = { values: Number.POSITIVE_INFINITY };

/** Paths that go down to everything, again and again, come to more and more. */
function walk(steps: readonly Step[], value: unknown, root: unknown, left = UNLIMITED): unknown[] {
  let values: unknown[] = [value];
  for (const step of steps) {
    const taken: unknown[] = [];
    for (const it of values) {
      const found = take(step, it, root);
      left.values -= found.length;
      if (left.values < 0) throw new JsonPathError('the path leads to too many values');
      for (const one of found) taken.push(one);
    }
    values = taken;
  }
  return values;
}

function take(step: Step, value: unknown, root: unknown): unknown[] {
  switch (step.type) {
    case 'root':
      return [root];
    case 'field':
      return fieldOf(value, step.name);
    case 'fields':
      return step.names.flatMap((name) => fieldOf(value, name));
    case 'indices':
      return Array.isArray(value) ? step.indices.flatMap((at) => present(value.at(at))) : [];
    case 'slice':
      return Array.isArray(value) ? slice(value, step) : [];
    case 'wildcard':
      return childrenOf(value);
    case 'recursive':
      return descend(value);
    case 'filter':
      return childrenOf(value).filter((item) => passes(step, item, root));
  }
}

function present(value: unknown): unknown[] {
  return value === undefined ? [] : [value];
}

function fieldOf(value: unknown, name: string): unknown[] {
  return isRecord(value) && Object.hasOwn(value, name) ? present(value[name]) : [];
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function descend(value: unknown, into: unknown[] = []): unknown[] {
  if (value === null || typeof value !== 'object') return into;
  into.push(value);
  for (const child of childrenOf(value)) descend(child, into);
  return into;
}

function slice(list: readonly unknown[], { from, to, step }: Extract<Step, { type: 'slice' }>): unknown[] {
  const part = list.slice(from, to);
  return step > 1 ? part.filter((_, at) => at % step === 0) : part;
}

function passes({ left, operator, right }: Extract<Step, { type: 'filter' }>, item: unknown, root: unknown): boolean {
  const [a] = operandValues(left, item, root);
  if (operator === 'exists') return a !== undefined;
  const [b] = right === undefined ? [] : operandValues(right, item, root);
  if (a === undefined || b === undefined) return false;
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return (a as number) < (b as number);
    case '<=':
      return (a as number) <= (b as number);
    case '>':
      return (a as number) > (b as number);
    case '>=':
      return (a as number) >= (b as number);
  }
}

function operandValues(operand: Operand, item: unknown, root: unknown): unknown[] {
  return operand.type === 'value' ? [operand.value] : walk(operand.steps, item, root);
}
