import { type Command, defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import { globalFlags } from '../../command/global-flags.js';
import { UsageError } from '../../errors.js';

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# keelctl completion for bash: source <(keelctl completion bash)
_keelctl() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(keelctl __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _keelctl keelctl
`,
  zsh: `#compdef keelctl
# keelctl completion for zsh: source <(keelctl completion zsh)
_keelctl() {
  local -a candidates
  candidates=("\${(@f)$(keelctl __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a candidates
}
compdef _keelctl keelctl
`,
};

export const completion = defineCommand({
  name: 'completion',
  group: 'Settings',
  summary: 'Print a script that completes commands, types and names in a shell',
  usage: '(bash | zsh)',
  examples: ['completion bash > /etc/bash_completion.d/keelctl'],
  async run(context, { positionals }) {
    const script = SCRIPTS[positionals[0] ?? ''];
    if (script === undefined)
      throw new UsageError(`shell "${positionals[0] ?? ''}" is not known: one of ${Object.keys(SCRIPTS).join(', ')}`);
    context.io.stdout.write(script);
  },
});

/** Prints what the last of the words may become; the scripts call it. */
export const complete = defineCommand({
  name: '__complete',
  hidden: true,
  summary: 'Print candidates for the last word',
  async run(context, { rest = [] }) {
    const candidates = await candidatesFor(context, rest);
    const last = rest.at(-1) ?? '';
    for (const candidate of candidates.filter((it) => it.startsWith(last)).sort()) context.print(candidate);
  },
});

export async function candidatesFor(context: Context, words: readonly string[]): Promise<string[]> {
  const before = words.slice(0, -1).filter((word) => !word.startsWith('-'));
  const last = words.at(-1) ?? '';
  let among = context.commands.filter((it) => it.hidden !== true);
  let command: Command | undefined;
  let used = 0;
  for (const word of before) {
    const found = among.find((it) => it.name === word || it.aliases?.includes(word));
    if (found === undefined) break;
    command = found;
    among = [...(found.subcommands ?? [])];
    used++;
  }
  if (last.startsWith('-')) return Object.keys({ ...globalFlags, ...command?.flags }).map((name) => `--${name}`);
  if (command === undefined || among.length > 0) return among.map((it) => it.name);
  return argumentCandidates(context, command, before.slice(used), last);
}

async function argumentCandidates(
  context: Context,
  command: Command,
  before: readonly string[],
  last: string,
): Promise<string[]> {
  switch (command.complete) {
    case 'contexts':
      return (context.kubeconfig.config.contexts ?? []).map((it) => it.name);
    case 'pods':
      return last.includes('/') ? slashedNames(context, last) : names(context, 'pods');
    case 'nodes':
      return names(context, 'nodes');
    case 'types':
      return types(context);
    case 'resources':
      if (last.includes('/')) return slashedNames(context, last);
      return before[0] === undefined ? types(context) : names(context, before[0]);
    default:
      return [];
  }
}

async function types(context: Context): Promise<string[]> {
  const { mapper } = await context.cluster();
  return [...new Set(mapper.all.filter((it) => it.verbs.includes('get')).map((it) => it.plural))];
}

async function names(context: Context, type: string): Promise<string[]> {
  const { client, mapper } = await context.cluster();
  const resource = mapper.find(type.split(',').at(-1) ?? type);
  const { items } = await client.list(resource, { namespace: resource.namespaced ? context.namespace() : '' });
  return items.map((it) => it.metadata.name ?? '');
}

async function slashedNames(context: Context, last: string): Promise<string[]> {
  const type = last.slice(0, last.indexOf('/'));
  return (await names(context, type)).map((name) => `${type}/${name}`);
}
