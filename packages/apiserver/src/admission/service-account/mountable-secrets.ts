import type { Container, Pod, ServiceAccount } from '@keelson/api';

const ANNOTATION = 'kubernetes.io/enforce-mountable-secrets';
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** Whether an account's pods may use only the secrets that the account names. */
export function namesItsSecrets({ metadata }: ServiceAccount): boolean {
  return TRUE.has(metadata.annotations?.[ANNOTATION] ?? '');
}

/** What a new pod uses that its account does not name; the first such thing. */
export function foreignSecret(
  { spec = {} as NonNullable<Pod['spec']> }: Pod,
  account: ServiceAccount,
): string | undefined {
  const known = new Set((account.secrets ?? []).map(({ name }) => name));
  const who = account.metadata.name;
  for (const { secret } of spec.volumes ?? []) {
    if (secret == null || known.has(secret.secretName)) continue;
    return refusalOf(`volume with secret.secretName="${secret.secretName ?? ''}"`, who);
  }
  const found =
    foreignInContainers('init container', spec.initContainers ?? [], account) ??
    foreignInContainers('container', spec.containers ?? [], account);
  if (found !== undefined) return found;
  const pulled = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  for (const [index, { name = '' }] of (spec.imagePullSecrets ?? []).entries()) {
    if (pulled.has(name)) continue;
    const what = `imagePullSecrets[${index}].name="${name}"`;
    return `${what} is not allowed because service account ${who} does not reference that imagePullSecret`;
  }
  return undefined;
}

/** The same of containers, those that come to look among them. */
export function foreignInContainers(
  what: string,
  containers: readonly Container[],
  account: ServiceAccount,
): string | undefined {
  const known = new Set((account.secrets ?? []).map(({ name }) => name));
  const who = account.metadata.name;
  for (const { name, env = [], envFrom = [] } of containers) {
    for (const { name: variable, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef;
      if (secret != null && !known.has(secret.name))
        return refusalOf(
          `${what} ${name} with envVar ${variable} referencing secret.secretName="${secret.name ?? ''}"`,
          who,
        );
    }
    for (const { secretRef } of envFrom) {
      if (secretRef != null && !known.has(secretRef.name))
        return refusalOf(`${what} ${name} with envFrom referencing secret.secretName="${secretRef.name ?? ''}"`, who);
    }
  }
  return undefined;
}

function refusalOf(what: string, account: string | undefined): string {
  return `${what} is not allowed because service account ${account} does not reference that secret`;
}
