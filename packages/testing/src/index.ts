export type { FaultName } from './sim/nemesis.js';
export type { Plant } from './sim/plant.js';
export { Simulation, type SimulationOptions, type SimulationResult } from './sim/simulation.js';
export { Violation } from './sim/world.js';
