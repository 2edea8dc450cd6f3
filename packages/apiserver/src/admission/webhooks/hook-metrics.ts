/** What a webhook is asked for, as upstream's metrics call it. */
export type HookType = 'admit' | 'validating';
/** Whose fault a refusal is. */
export type RejectionType = 'calling_webhook_error' | 'apiserver_internal_error' | 'no_error';

export interface AskedHook {
  readonly name: string;
  readonly type: HookType;
  readonly operation: string;
}

/** Counts what webhooks are asked and say. */
export interface HookMetrics {
  asked(hook: AskedHook, outcome: { rejected: boolean; code: number; seconds: number }): void;
  rejected(hook: AskedHook, type: RejectionType, code: number): void;
  failedOpen(hook: AskedHook): void;
}
