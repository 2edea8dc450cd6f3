#!/usr/bin/env node
import { run } from './run.js';

// gRPC names the server by its address where that is an IP, of which Node would warn at every call.
process.noDeprecation = true;

// A reader that has seen enough, such as head, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const interrupted = new AbortController();
let interrupts = 0;
process.on('SIGINT', () => {
  if (++interrupts > 1) process.exit(130);
  interrupted.abort(new Error('interrupted'));
});

const { stdin, stdout, stderr, env } = process;
const code = await run(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() }, interrupted.signal);
// What was written must be out before the process ends; open input would hold it.
await new Promise((resolve) => stdout.write('', resolve));
process.exit(code);
