import { type Connection, cri, type ServiceClient } from '@keelson/protocol';

export type RuntimeServiceClient = ServiceClient<typeof cri.RuntimeServiceService>;
export type ImageServiceClient = ServiceClient<typeof cri.ImageServiceService>;

/** Milliseconds for a call that starts or looks at something; a stop gets its grace on top. */
export const CRI_TIMEOUT_MS = 120_000;

/** The container runtime, as the kubelet sees it. */
export interface CriClient {
  runtime: RuntimeServiceClient;
  images: ImageServiceClient;
}

export function criClient(connection: Connection): CriClient {
  return {
    runtime: connection.service(cri.RuntimeServiceService),
    images: connection.service(cri.ImageServiceService),
  };
}
