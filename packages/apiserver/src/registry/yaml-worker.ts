/** Reads YAML beside the main thread; the answer is JSON, which both sides read and write fast. */
import { parentPort } from 'node:worker_threads';
import { encodeJson } from '@keelson/api';
import { parseYaml } from './yaml-body.js';

export type YamlAnswer = { readonly json: string; readonly duplicates: string } | { readonly error: string };

function answerTo(text: string): YamlAnswer {
  try {
    const { value, duplicates } = parseYaml(text);
    return { json: encodeJson(value), duplicates };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

parentPort?.on('message', (text: string) => parentPort?.postMessage(answerTo(text)));
