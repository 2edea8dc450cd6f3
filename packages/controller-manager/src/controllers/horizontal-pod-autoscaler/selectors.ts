import {
  type HorizontalPodAutoscaler,
  type LabelMatcher,
  objectKey,
  type Pod,
  parseLabelSelector,
  SelectorError,
} from '@keelson/api';
import type { Unselectable } from './decide.js';

/** Which pods each autoscaler was last seen to scale: two of them would pull the same pods apart. */
export class Selectors {
  readonly #known = new Map<string, LabelMatcher>();

  forget(key: string): void {
    this.#known.delete(key);
  }

  /**
   * The pods of a target, by the selector that its scale tells.
   * @param all the pods of the autoscaler's namespace
   */
  podsOf(
    autoscaler: HorizontalPodAutoscaler,
    selector: string,
    all: readonly Pod[],
  ): readonly Pod[] | { readonly unselectable: Unselectable } {
    if (selector === '')
      return {
        unselectable: {
          event: { reason: 'SelectorRequired', message: 'selector is required' },
          condition: { reason: 'InvalidSelector', message: "the HPA target's scale is missing a selector" },
        },
      };
    let matcher: LabelMatcher;
    try {
      matcher = parseLabelSelector(selector);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      const text = `couldn't convert selector into a corresponding internal selector object: ${error.message}`;
      return refused('InvalidSelector', text);
    }
    const key = objectKey(autoscaler);
    this.#known.set(key, matcher);
    const pods = all.filter(({ metadata }) => matcher.matches(metadata.labels));
    const claiming = this.#claiming(autoscaler.metadata.namespace ?? '', pods);
    if (claiming.length <= 1) return pods;
    const text = `pods by selector ${selector} are controlled by multiple HPAs: [${claiming.join(' ')}]`;
    return refused('AmbiguousSelector', text);
  }

  #claiming(namespace: string, pods: readonly Pod[]): string[] {
    return [...this.#known]
      .filter(([key]) => key.startsWith(`${namespace}/`))
      .filter(([, matcher]) => pods.some(({ metadata }) => matcher.matches(metadata.labels)))
      .map(([key]) => key)
      .sort();
  }
}

function refused(reason: string, message: string): { readonly unselectable: Unselectable } {
  return { unselectable: { event: { reason, message }, condition: { reason, message } } };
}
