import { readFileSync, statfsSync } from 'node:fs';
import { arch, availableParallelism, networkInterfaces, release, totalmem, version } from 'node:os';
import type { NodeSystemInfo } from '@keelson/api';

/** Go's names of processor architectures. */
const ARCHITECTURES: Record<string, string> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  ppc64: 'ppc64le',
};

export function architecture(): string {
  return ARCHITECTURES[arch()] ?? arch();
}

/** The first address of this machine that others could reach, else loopback. */
export function defaultAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

export interface MachineCapacity {
  cpu: number;
  memoryBytes: number;
  diskBytes: number;
}

export function machineCapacity(rootDir: string): MachineCapacity {
  const { bsize, blocks } = statfsSync(rootDir);
  return { cpu: availableParallelism(), memoryBytes: totalmem(), diskBytes: bsize * blocks };
}

/** What decides about pressure. */
export interface MachineUse {
  memoryAvailableBytes: number;
  diskAvailableShare: number;
  pidsAvailableShare: number;
}

export function machineUse(rootDir: string): MachineUse {
  const { blocks, bavail } = statfsSync(rootDir);
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(text('/proc/meminfo'))?.[1];
  const pidMax = Number(text('/proc/sys/kernel/pid_max')) || 32_768;
  const threads = Number(/\/(\d+)/.exec(text('/proc/loadavg'))?.[1] ?? 0);
  return {
    memoryAvailableBytes: available === undefined ? Number.POSITIVE_INFINITY : Number(available) * 1024,
    diskAvailableShare: blocks === 0 ? 1 : bavail / blocks,
    pidsAvailableShare: (pidMax - threads) / pidMax,
  };
}

export function systemInfo(versions: { kubelet: string; runtime: string }): NodeSystemInfo {
  const osImage = /^PRETTY_NAME="?([^"\n]*)/m.exec(text('/etc/os-release'))?.[1] ?? version();
  return {
    architecture: architecture(),
    bootID: text('/proc/sys/kernel/random/boot_id'),
    containerRuntimeVersion: versions.runtime,
    kernelVersion: release(),
    kubeProxyVersion: '',
    kubeletVersion: versions.kubelet,
    machineID: text('/etc/machine-id'),
    operatingSystem: process.platform === 'win32' ? 'windows' : process.platform,
    osImage,
    systemUUID: text('/sys/class/dmi/id/product_uuid'),
  };
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
