/** A kubeconfig file (`apiVersion: v1, kind: Config`): what is read of it. */
export interface Kubeconfig {
  apiVersion?: string;
  kind?: string;
  'current-context'?: string;
  preferences?: object;
  clusters?: Named<'cluster', ClusterEntry>[] | null;
  users?: Named<'user', UserEntry>[] | null;
  contexts?: Named<'context', ContextEntry>[] | null;
}

export type Named<Field extends string, T> = { name: string } & { [K in Field]: T };

export interface ClusterEntry {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'tls-server-name'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'proxy-url'?: string;
  'disable-compression'?: boolean;
  extensions?: { name: string; extension: { server?: string } }[];
}

export interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  exec?: ExecEntry | null;
  'auth-provider'?: { name?: string } | null;
  /** Whom the user acts as. */
  as?: string;
  'as-uid'?: string;
  'as-groups'?: string[] | null;
  'as-user-extra'?: Record<string, string[]> | null;
}

/** A program that gives credentials. */
export interface ExecEntry {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: string;
}

export interface ContextEntry {
  cluster: string;
  user: string;
  namespace?: string;
}

/** The extension of a cluster in which Keelson writes where its gRPC door is. */
export const GRPC_EXTENSION = 'keelson.dev/grpc';
