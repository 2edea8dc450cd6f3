import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  allKinds,
  createMergePatch,
  createStrategicPatch,
  encodeYaml,
  KindRegistry,
  type KubeObject,
} from '@keelson/api';
import { parseDocument } from 'yaml';
import type { Cluster } from '../../cluster/cluster.js';
import { defineCommand } from '../../command/command.js';
import { CliError } from '../../errors.js';
import { withoutManagedFields } from '../../print/output.js';
import { printResult } from '../../print/result.js';
import { jsonText } from '../../print/structured.js';
import { type Found, findObjects } from '../../resources/found.js';

const kinds = new KindRegistry(allKinds);
const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export const edit = defineCommand({
  name: 'edit',
  group: 'Basic',
  summary: 'Edit objects in your editor',
  usage: '(-f FILE | TYPE NAME | TYPE/NAME)',
  complete: 'resources',
  examples: ['edit deploy/web', 'KUBE_EDITOR=nano keelctl edit cm settings'],
  flags: {
    filename: { type: 'list', whole: true, short: 'f', description: 'Files that name the objects', value: 'FILE' },
    output: {
      type: 'string',
      short: 'o',
      default: 'yaml',
      choices: ['yaml', 'json'],
      description: 'The form to edit in',
    },
    subresource: { type: 'string', choices: ['status', 'scale'], description: 'Edit this part' },
  },
  async run(context, { flags, positionals }) {
    const cluster = await context.cluster();
    const editor = context.io.env['KUBE_EDITOR'] || context.io.env['EDITOR'] || 'vi';
    let failures = 0;
    for (const found of await findObjects(context, cluster, { words: positionals, filename: flags.filename })) {
      const folder = mkdtempSync(join(tmpdir(), 'keelctl-edit-'));
      const path = join(folder, `${found.resource.singular}-${found.name}.${flags.output}`);
      try {
        const edited = await editUntilTaken(cluster, found, {
          editor,
          path,
          format: flags.output,
          subresource: flags.subresource,
        });
        if (edited === undefined) context.warn('Edit cancelled, no changes made.');
        else
          printResult(
            context,
            cluster,
            { output: undefined, 'dry-run': 'none' },
            { resource: found.resource, object: edited, operation: 'edited' },
          );
        rmSync(folder, { recursive: true, force: true });
      } catch (error) {
        failures++;
        context.warn(`error: ${(error as Error).message}\nA copy of your changes has been stored to "${path}"`);
      }
    }
    return failures > 0 ? 1 : 0;
  },
});

interface EditSettings {
  readonly editor: string;
  readonly path: string;
  readonly format: string;
  readonly subresource: string | undefined;
}

/** Opens the editor, again with the reason each time the server refuses, until the file is taken or left as it was. */
async function editUntilTaken(cluster: Cluster, found: Found, settings: EditSettings): Promise<KubeObject | undefined> {
  const { path, format, editor } = settings;
  const original = withoutManagedFields(structuredClone(found.object));
  let text = format === 'json' ? `${jsonText(original)}\n` : encodeYaml(original);
  let problem = '';
  let before: string | undefined;
  for (;;) {
    const notes =
      problem === ''
        ? ''
        : `${problem
            .split('\n')
            .map((line) => `# ${line}`)
            .join('\n')}\n#\n`;
    writeFileSync(path, format === 'json' ? text : HEADER + notes + text);
    openEditor(editor, path);
    const edited = stripComments(readFileSync(path, 'utf8'));
    if (edited.trim() === '' || edited === text) {
      if (before === undefined || edited.trim() === '') return undefined;
      throw new CliError(problem);
    }
    try {
      return await send(cluster, found, original, edited, settings.subresource);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      before = text;
      text = edited;
    }
  }
}

function openEditor(editor: string, path: string): void {
  const { status, error, signal } = spawnSync(`${editor} "$KEELCTL_FILE"`, {
    shell: true,
    stdio: 'inherit',
    env: { ...process.env, KEELCTL_FILE: path },
  });
  if (error !== undefined) throw new CliError(`there was a problem with the editor "${editor}": ${error.message}`);
  if (status !== 0)
    throw new CliError(`there was a problem with the editor "${editor}": ${signal ?? `exit status ${status}`}`);
}

function stripComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}

async function send(
  cluster: Cluster,
  { resource, namespace, name }: Found,
  original: KubeObject,
  edited: string,
  subresource: string | undefined,
): Promise<KubeObject | undefined> {
  const document = parseDocument(edited, { version: '1.2', schema: 'yaml-1.1' });
  if (document.errors[0] !== undefined) throw new CliError(`error parsing edited-file: ${document.errors[0].message}`);
  const wanted = document.toJS() as KubeObject;
  if (wanted.kind !== original.kind || wanted.metadata?.name !== name)
    throw new CliError('the kind and name of an object may not be edited');
  const schema = kinds.find(resource.group, resource.version, resource.plural)?.schema;
  const patch =
    schema === undefined ? createMergePatch(original, wanted) : createStrategicPatch(original, wanted, schema);
  if (Object.keys(patch).length === 0) return undefined;
  const settings = { fieldManager: 'kubectl-edit', ...(subresource === undefined ? {} : { subresource }) };
  return cluster.client.patch(
    resource,
    { namespace, name },
    schema === undefined ? 'merge' : 'strategic',
    patch,
    settings,
  );
}
