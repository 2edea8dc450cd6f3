import { RuntimeError } from '../errors.js';
import { Curve } from './curve.js';

/**
 * Pod annotations that say what a simulated container does: how much CPU and memory it uses (for one container of
 * several: with `.NAME` behind), after how many seconds it ends, and with which exit code.
 */
const PREFIX = 'keelson.dev/simulated-';
const CPU = `${PREFIX}cpu`;
const MEMORY = `${PREFIX}memory`;
const RUN_SECONDS = `${PREFIX}run-seconds`;
const EXIT_CODE = `${PREFIX}exit-code`;

/** What a simulated container uses that has no annotation of its own. */
export interface UsualLoad {
  readonly cpu: Curve;
  readonly memory: Curve;
}

export interface Simulation extends UsualLoad {
  /** Undefined: until it is stopped. */
  readonly runMs: number | undefined;
  readonly exitCode: number;
}

/** Throws RuntimeError that names the annotation and what is wrong with it. */
export function simulationOf(
  annotations: Readonly<Record<string, string>>,
  containerName: string,
  usual: UsualLoad,
): Simulation {
  const curve = (key: string, usually: Curve) => {
    const own = `${key}.${containerName}`;
    const name = annotations[own] === undefined ? key : own;
    const text = annotations[name];
    return text === undefined ? usually : checked(name, () => Curve.parse(text));
  };
  const seconds = number(annotations, RUN_SECONDS, (it) => it >= 0, 'a number of seconds from 0');
  const isCode = (it: number) => Number.isInteger(it) && it >= 0 && it <= 255;
  return {
    cpu: curve(CPU, usual.cpu),
    memory: curve(MEMORY, usual.memory),
    runMs: seconds === undefined ? undefined : seconds * 1000,
    exitCode: number(annotations, EXIT_CODE, isCode, 'a whole number from 0 to 255') ?? 0,
  };
}

function number(
  annotations: Readonly<Record<string, string>>,
  name: string,
  isGood: (value: number) => boolean,
  wanted: string,
): number | undefined {
  const text = annotations[name];
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return checked(name, () => {
    if (!Number.isFinite(value) || !isGood(value)) throw new Error(`"${text}" is not ${wanted}`);
    return value;
  });
}

function checked<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new RuntimeError('invalid', `annotation ${name}: ${(error as Error).message}`);
  }
}
