import { arch, platform } from 'node:os';

/** The Kubernetes that our components behave as. */
export const KUBERNETES_VERSION = 'v1.36.2';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm64: 'arm64', arm: 'arm' };

/** In upstream's form. What comes before the slash is the field manager of whoever names none. */
export function userAgent(program: string, part?: string): string {
  const machine = `${platform()}/${ARCHITECTURES[arch()] ?? arch()}`;
  return `${program}/${KUBERNETES_VERSION} (${machine}) keelson${part === undefined ? '' : `/${part}`}`;
}
