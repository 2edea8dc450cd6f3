import type { Command } from '../command/command.js';
import { apply } from './apply/apply.js';
import { annotate, label } from './change/label.js';
import { patch } from './change/patch.js';
import { replace } from './change/replace.js';
import { scale } from './change/scale.js';
import { taint } from './change/taint.js';
import { create } from './create/create.js';
import { deleteCommand } from './delete/delete.js';
import { describe } from './describe/describe.js';
import { cordon, uncordon } from './drain/cordon.js';
import { drain } from './drain/drain.js';
import { attach, exec } from './exec/exec.js';
import { portForward } from './exec/port-forward.js';
import { get } from './get/get.js';
import { logs } from './logs/logs.js';
import { rollout } from './rollout/rollout.js';
import { set } from './set/set.js';
import { wait } from './wait/wait.js';

/** Every command, in the order of help. */
export const commands: readonly Command[] = [
  ...[create, apply, get, set, deleteCommand],
  ...[rollout, scale],
  ...[cordon, uncordon, drain, taint],
  ...[describe, logs, attach, exec, portForward],
  ...[patch, replace, wait],
  ...[label, annotate],
];
