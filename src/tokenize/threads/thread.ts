/** An encoding thread: makes the tokenizer, then encodes batch after batch. */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf, PipelineError } from "../../core/index.ts";
import { loadTokenizer } from "../load-tokenizer.ts";
import { batchOf, type TokenBatch } from "../token-batch.ts";
import type { EncodeOptions, LoadedTokenizer } from "../tokenizer.ts";
import type { EncodeMessage, TextFailure, ThreadMessage, ThreadSetup } from "./messages.ts";

function say(message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}

async function main({ recipe, fingerprint, encode }: ThreadSetup): Promise<void> {
  try {
    const tokenizer = await loadTokenizer(recipe.source, recipe.options);
    if (tokenizer.fingerprint !== fingerprint) {
      const message = `the tokenizer ${tokenizer.name} has changed since it was loaded: its fingerprint is ${tokenizer.fingerprint}, not ${fingerprint}`;
      throw new PipelineError({ kind: "changed", message });
    }
    parentPort?.on("message", (message: EncodeMessage) => answer(tokenizer, encode, message));
  } catch (error) {
    say({ type: "broken", kind: error instanceof PipelineError ? error.kind : "stage-failed", message: messageOf(error) });
  }
}

function answer(tokenizer: LoadedTokenizer, options: EncodeOptions, { batch, bytes, offsets }: EncodeMessage): void {
  const texts = Array.from({ length: offsets.length - 1 }, (_, i) => {
    const start = offsets[i] ?? 0;
    return new Uint8Array(bytes, start, (offsets[i + 1] ?? 0) - start);
  });
  const failures: TextFailure[] = [];
  try {
    const { tokens, offsets: ends } = encodeAll(tokenizer, options, texts, failures);
    say({ type: "encoded", batch, tokens, offsets: ends, failures, bytes }, [tokens.buffer, ends.buffer, bytes] as ArrayBuffer[]);
  } catch (error) {
    say({ type: "broken", kind: "tokenize-failed", message: messageOf(error) });
  }
}

/** The tokens of a batch. One text that cannot be encoded spoils the call for all, so they are then encoded one by one. */
function encodeAll(tokenizer: LoadedTokenizer, options: EncodeOptions, texts: readonly Uint8Array[], failures: TextFailure[]): TokenBatch {
  try {
    return tokenizer.encodeBatch(texts, options);
  } catch (error) {
    if (isTrap(error)) throw error;
  }
  const alone = texts.map((text, index) => {
    try {
      return tokenizer.encode(text, options);
    } catch (error) {
      if (isTrap(error)) throw error;
      failures.push({ index, kind: error instanceof PipelineError ? error.kind : "tokenize-failed", message: messageOf(error) });
      return new Uint32Array(0);
    }
  });
  return batchOf(alone);
}

/** A trap leaves the encoder's memory in an unknown state: the next document's ids could be wrong. */
function isTrap(error: unknown): boolean {
  return error instanceof Error && error.name === "RuntimeError";
}

await main(workerData as ThreadSetup);
