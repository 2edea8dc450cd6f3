import { parentPort } from 'node:worker_threads';
import { KnownKinds, runStage, type StageQuestion } from './stage.js';

const known = new KnownKinds();
parentPort?.on('message', (question: StageQuestion) => parentPort?.postMessage(runStage(question, known)));
