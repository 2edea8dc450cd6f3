#!/usr/bin/env node
import { systemClock } from '@keelson/service';
import { parseSimFlags, USAGE } from './cli/flags.js';
import { runSeeds } from './cli/run-seeds.js';
import { simulateControllers } from './controllers/simulation.js';
import { Simulation } from './sim/simulation.js';

const flags = parseSimFlags(process.argv.slice(2));
if (typeof flags === 'string') {
  process.stderr.write(`${flags}\n${USAGE}\n`);
  process.exit(2);
}
process.exitCode = await runSeeds(flags, {
  simulate: flags.subject === 'controllers' ? simulateControllers : async (options) => new Simulation(options).run(),
  clock: systemClock(),
  out: process.stdout,
  isTerminal: process.stdout.isTTY,
});
