import type { Command } from '../command/command.js';
import { apply } from './apply/apply.js';
import { annotate, label } from './change/label.js';
import { patch } from './change/patch.js';
import { replace } from './change/replace.js';
import { scale } from './change/scale.js';
import { taint } from './change/taint.js';
import { complete, completion } from './completion/completion.js';
import { config } from './config/config.js';
import { create } from './create/create.js';
import { deleteCommand } from './delete/delete.js';
import { describe } from './describe/describe.js';
import { cordon, uncordon } from './drain/cordon.js';
import { drain } from './drain/drain.js';
import { edit } from './edit/edit.js';
import { attach, exec } from './exec/exec.js';
import { portForward } from './exec/port-forward.js';
import { expose } from './generate/expose.js';
import { runCommand } from './generate/run.js';
import { get } from './get/get.js';
import { apiResources, apiVersions } from './info/api-resources.js';
import { auth, clusterInfo, version } from './info/cluster.js';
import { eventsCommand } from './info/events.js';
import { explain } from './info/explain.js';
import { logs } from './logs/logs.js';
import { rollout } from './rollout/rollout.js';
import { set } from './set/set.js';
import { top } from './top/top.js';
import { wait } from './wait/wait.js';

/** Every command, in the order of help. */
export const commands: readonly Command[] = [
  ...[create, apply, get, explain, edit, deleteCommand, runCommand, expose, set],
  ...[rollout, scale],
  ...[clusterInfo, top, cordon, uncordon, drain, taint, auth],
  ...[describe, logs, attach, exec, portForward, eventsCommand],
  ...[patch, replace, wait],
  ...[label, annotate, config, completion],
  ...[apiResources, apiVersions, version, complete],
];
