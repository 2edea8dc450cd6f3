import type { Job } from '@keelson/api';

export type Finish = 'Complete' | 'Failed';

/** How a Job ended, and when; undefined while it has not. */
export function finishOf({ status }: Job): { readonly type: Finish; readonly at: number } | undefined {
  for (const { type, status: is, lastTransitionTime } of status?.conditions ?? []) {
    if ((type === 'Complete' || type === 'Failed') && is === 'True')
      return { type, at: Date.parse(lastTransitionTime ?? '') };
  }
  return undefined;
}
