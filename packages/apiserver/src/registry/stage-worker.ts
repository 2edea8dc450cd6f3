import { parentPort } from 'node:worker_threads';
import { runStage, type StageQuestion } from './stage.js';

parentPort?.on('message', (question: StageQuestion) => parentPort?.postMessage(runStage(question)));
