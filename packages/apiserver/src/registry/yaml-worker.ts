/** Reads YAML beside the main thread; the answer is JSON, which both sides read and write fast. */
import { parentPort } from 'node:worker_threads';
import { ApiError, encodeJson } from '@keelson/api';
import { jsonIn, parseYaml } from './yaml-body.js';

export interface YamlQuestion {
  readonly text: string;
  /** Most who apply send JSON, which is YAML that is read faster. */
  readonly mayBeJson: boolean;
}

export type YamlAnswer = { readonly json: string; readonly duplicates: string } | { readonly error: string };

function answerTo({ text, mayBeJson }: YamlQuestion): YamlAnswer {
  try {
    if (mayBeJson && isJson(text)) return { json: text, duplicates: '' };
    const { value, duplicates } = parseYaml(text);
    return { json: encodeJson(value), duplicates };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** What is too large is JSON all the same: who reads it says so. */
function isJson(text: string): boolean {
  try {
    return jsonIn({ mediaType: '', bytes: Buffer.from(text) }) !== undefined;
  } catch (error) {
    return error instanceof ApiError;
  }
}

parentPort?.on('message', (question: YamlQuestion) => parentPort?.postMessage(answerTo(question)));
