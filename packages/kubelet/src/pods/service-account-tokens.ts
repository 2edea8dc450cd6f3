import { isApiError, type KubeObject, type Pod } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import type { Clock } from '@keelson/service';
import { podUid } from './pod-facts.js';

interface TokenRequest extends KubeObject {
  spec: { audiences?: string[]; expirationSeconds?: number; boundObjectRef?: object };
  status?: { token?: string; expirationTimestamp?: string };
}

interface Known {
  token: string;
  renewAt: number;
}

const SECONDS_DEFAULT = 3607;
/** A token is renewed when this share of its life is over. */
const RENEW_SHARE = 0.8;

/** Tokens for pods' service accounts, bound to the pod and renewed in time. */
export class ServiceAccountTokens {
  readonly #known = new Map<string, Known>();
  readonly #client: Pick<ApiClient, 'create'>;
  readonly #clock: Clock;

  constructor(dependencies: { client: Pick<ApiClient, 'create'>; clock: Clock }) {
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
  }

  /** undefined where the API server issues no tokens. */
  async get(pod: Pod, audience: string | undefined, expirationSeconds = SECONDS_DEFAULT): Promise<string | undefined> {
    const key = `${podUid(pod)}/${audience ?? ''}/${expirationSeconds}`;
    const now = this.#clock.now();
    const known = this.#known.get(key);
    if (known !== undefined && now < known.renewAt) return known.token;
    try {
      const { status } = await this.#request(pod, audience, expirationSeconds);
      if (status?.token === undefined) return undefined;
      const expiresAt = status.expirationTimestamp
        ? Date.parse(status.expirationTimestamp)
        : now + expirationSeconds * 1000;
      this.#known.set(key, { token: status.token, renewAt: now + (expiresAt - now) * RENEW_SHARE });
      return status.token;
    } catch (error) {
      if (known !== undefined) return known.token;
      if (isApiError(error, 'NotFound') || isApiError(error, 'MethodNotAllowed')) return undefined;
      throw error;
    }
  }

  forget(uid: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${uid}/`)) this.#known.delete(key);
  }

  async #request(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<TokenRequest> {
    const { name, namespace, uid } = pod.metadata;
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: pod.spec?.serviceAccountName || 'default', namespace },
      spec: {
        ...(audience === undefined ? {} : { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
    };
    const collection = { ...resources.serviceAccounts, kind: 'TokenRequest' } as unknown as {
      group: string;
      version: string;
      plural: string;
      kind: string;
      namespaced: boolean;
      object?: TokenRequest;
    };
    return await this.#client.create<TokenRequest>(collection, request, { subresource: 'token' });
  }
}
