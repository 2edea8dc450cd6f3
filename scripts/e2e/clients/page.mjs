// The results as a page of docs/.

const TITLES = {
  kubectl: [
    'kubectl',
    'Against two nodes with the embedded runtime; exec, cp, attach, port-forward and run over both transports.',
  ],
  helm: ['helm', 'A chart with a Deployment, a Service, a ConfigMap that looks things up, a hook and a test.'],
  'client-node': ['@kubernetes/client-node', 'The client library for Node.js.'],
};

export function compatibilityPage(clients) {
  const parts = [
    '# Compatibility with clients',
    'Written by `scripts/e2e/clients.sh --all --doc docs/compatibility.md`: each step is run with each client against a cluster,\nand what comes of it is looked at. What a step does is in `scripts/e2e/clients/`.',
  ];
  for (const [program, [title, about]] of Object.entries(TITLES)) {
    const columns = clients.filter((it) => it.program === program);
    if (columns.length > 0) parts.push(`## ${title}`, about, table(columns), ...failures(columns));
  }
  return `${parts.join('\n\n')}\n`;
}

function table(columns) {
  const names = [...new Set(columns.flatMap((it) => it.results.map(({ name }) => name)))];
  const result = (column, name) => {
    const found = column.results.find((it) => it.name === name);
    return found === undefined ? '–' : found.ok ? 'ok' : '**failed**';
  };
  return [
    `| step | ${columns.map((it) => it.version).join(' | ')} |`,
    `|---|${'---|'.repeat(columns.length)}`,
    ...names.map((name) => `| ${name} | ${columns.map((it) => result(it, name)).join(' | ')} |`),
  ].join('\n');
}

function failures(columns) {
  const lines = columns.flatMap(({ version, results }) =>
    results.filter((it) => !it.ok).map(({ name, error }) => `- ${version}, ${name}: ${error.replaceAll('\n', ' ')}`),
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}
