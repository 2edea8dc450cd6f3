import 'reflect-metadata';
import type { CertificateSigningRequest } from '@keelson/api';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import type { AdmissionAttributes } from '../admission.js';
import { Refused } from './refused.js';

const SIGNERS = new Set(['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']);

/** A node asks for certificates in its own name only. */
export function checkSigningRequest(node: string, { operation, object }: AdmissionAttributes): void {
  const { spec = {} } = object as CertificateSigningRequest;
  if (operation !== 'CREATE' || !SIGNERS.has(spec.signerName ?? '')) return;
  const names = commonNames(spec.request ?? '');
  if (names.length !== 1 || names[0] !== `system:node:${node}`)
    throw new Refused(`can only create a node CSR with CN=system:node:${node}`);
}

function commonNames(request: string): string[] {
  try {
    const pem = Buffer.from(request, 'base64').toString('latin1');
    return new Pkcs10CertificateRequest(pem).subjectName.getField('CN');
  } catch (error) {
    throw new Refused(`unable to parse csr: ${(error as Error).message}`);
  }
}
