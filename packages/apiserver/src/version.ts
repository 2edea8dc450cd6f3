/** What `/version` says: the Kubernetes release whose API this is. */
export const VERSION: Readonly<Record<string, string>> = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2+keelson.0.1.0',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '',
  goVersion: `node${process.version}`,
  compiler: 'node',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};
