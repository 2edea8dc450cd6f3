import { X509Certificate } from 'node:crypto';
import { type CertificateSigningRequest, isApiError } from '@keelson/api';
import { resources } from '@keelson/client';
import { findCondition } from '../../framework/conditions.js';
import type { Controller } from '../../framework/controller.js';

const HOUR_MS = 3_600_000;
const LOOK_EVERY_MS = HOUR_MS;
/** How long a request stays after its last change. */
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

/** Removes requests for certificates that nobody will look at any more. */
export const certificateCleaner: Controller = {
  name: 'certificatesigningrequest-cleaner',
  setUp({ client, informers, clock, signal, logger }) {
    const requests = informers.for(resources.certificateSigningRequests);
    const look = async () => {
      for (const request of requests.list()) {
        if (!isSpent(request, clock.now())) continue;
        const { name = '', uid } = request.metadata;
        try {
          await client.delete(resources.certificateSigningRequests, { name }, { preconditions: { uid } });
        } catch (error) {
          if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
        }
      }
    };
    return async () => {
      while (!signal.aborted) {
        await look().catch((error: unknown) =>
          logger.warn({ reason: (error as Error).message }, 'requests for certificates not removed, trying again'),
        );
        await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
      }
    };
  },
};

/** Whether a request was decided, or forgotten, long enough ago, or its certificate is over. */
export function isSpent({ metadata, status }: CertificateSigningRequest, now: number): boolean {
  const older = (time: string | undefined, ms: number) => now - Date.parse(time ?? '') > ms;
  const [approved, denied, failed] = ['Approved', 'Denied', 'Failed'].map((type) =>
    findCondition(status?.conditions, type),
  );
  const decided = (condition: typeof approved) =>
    condition !== undefined && older(condition.lastUpdateTime, DECIDED_MS);
  const isPending = [approved, denied, failed].every((it) => it === undefined);
  if (isPending && older(metadata.creationTimestamp, PENDING_MS)) return true;
  if (decided(denied) || decided(failed)) return true;
  if (!status?.certificate) return approved !== undefined && older(approved.lastUpdateTime, PENDING_MS);
  return decided(approved) || isOver(status.certificate, now);
}

function isOver(certificate: string, now: number): boolean {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo) < now;
  } catch {
    // What is no certificate is over for nobody.
    return false;
  }
}
