import type { KubeObject } from '@keelson/api';
import { JsonPath, relaxedTemplate, valueText } from '@keelson/api';
import { UsageError } from '../../errors.js';

/** What `wait --for` waits for; `done` is said when it is so. */
export type Goal =
  | { readonly type: 'create' | 'delete'; readonly done: string }
  | { readonly type: 'state'; readonly done: string; holds(object: KubeObject): boolean };

interface Conditioned {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly observedGeneration?: number;
    }[];
  };
}

export function parseGoal(text: string): Goal {
  if (text.toLowerCase() === 'delete') return { type: 'delete', done: 'condition met' };
  if (text.toLowerCase() === 'create') return { type: 'create', done: 'condition met' };
  if (text.startsWith('condition=')) return conditionGoal(text.slice('condition='.length));
  if (text.startsWith('jsonpath=')) return jsonPathGoal(text.slice('jsonpath='.length));
  throw new UsageError(
    `--for: unrecognized condition: "${text}": write create, delete, condition=NAME[=VALUE] or jsonpath=PATH[=VALUE]`,
  );
}

function conditionGoal(text: string): Goal {
  const [name = '', value = 'true'] = text.split('=');
  if (name === '') throw new UsageError('--for: condition= needs a name, such as condition=Ready');
  return {
    type: 'state',
    done: 'condition met',
    holds(object) {
      const { metadata, status } = object as Conditioned;
      const condition = status?.conditions?.find((it) => it.type.toLowerCase() === name.toLowerCase());
      if (condition === undefined) return false;
      const observed = condition.observedGeneration ?? status?.observedGeneration ?? 0;
      // A condition of an older generation says nothing of the object as it is now.
      if (observed > 0 && observed < (metadata.generation ?? 0)) return false;
      return condition.status.toLowerCase() === value.toLowerCase();
    },
  };
}

function jsonPathGoal(text: string): Goal {
  const match = /^(\{.*\}|[^{=]+)(?:=(.*))?$/s.exec(text);
  if (match === null || match[2] === '') {
    throw new UsageError(
      `--for: jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}', got "${text}"`,
    );
  }
  const path = new JsonPath(relaxedTemplate(match[1] ?? ''));
  const wanted = match[2]?.replace(/^(["'])(.*)\1$/, '$2');
  return {
    type: 'state',
    done: 'condition met',
    holds(object) {
      const [value] = path.values(object);
      return value !== undefined && (wanted === undefined || valueText(value) === wanted);
    },
  };
}
