/**
 * Conversations to batches for supervised fine-tuning: `npx millrace run examples/chat-sft/main.ts [-- rows]`.
 *
 * Conversations are rendered with a chat template, a small vocabulary is learnt from them, and the pipeline makes batches whose labels are
 * -100 except on what the assistant writes. The program shows one row token by token, and what became of a message that contains the
 * template's own control tokens.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { bucketByLength, chat, padBatch, read, tokenize } from "millrace";
import { loadTokenizer, trainBpe } from "millrace/tokenize";
import { CONFIG, conversations } from "./conversations.ts";

const FILE = ".cache/chat-sft/conversations.jsonl";
const SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>"];

export default async function main({ args, signal }: { readonly args: readonly string[]; readonly signal: AbortSignal }): Promise<void> {
  const rows = Number(args[0] ?? 8);
  mkdirSync(".cache/chat-sft", { recursive: true });
  writeFileSync(
    FILE,
    conversations(60)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(""),
  );

  // The records have messages and no text; the template makes the text.
  const rendered = read(FILE, { text: false }).pipe(chat(CONFIG)).with({ signal });
  const { json } = await trainBpe(rendered, { vocabSize: 512, specialTokens: SPECIAL });
  const tokenizer = await loadTokenizer(json);
  const padId = tokenizer.special.ids["<|pad|>"] as number;

  // The template ends every turn itself, so there is no end of document to add.
  const run = rendered
    .pipe(tokenize(tokenizer, { eos: false }))
    .pipe(bucketByLength({ edges: [64, 96, 128] }))
    .pipe(padBatch({ rows, padTo: 8, padId }))
    .run();
  let first: string | undefined;
  let forged = 0;
  for await (const { width, input_ids, labels, rows: records } of run) {
    for (const [row, { id, length }] of records.entries()) {
      const ids = input_ids.subarray(row * width, row * width + length);
      const learnt = labels.subarray(row * width, row * width + length).map((label) => (label === -100 ? 0 : 1));
      if (id === "sum-1") first = shown(ids, learnt, (token) => tokenizer.decode(Uint32Array.of(token)));
      // Every turn begins with one control token, so more of them would be turns that a message made up.
      const begun = ids.filter((token) => token === tokenizer.special.ids["<|im_start|>"]).length;
      const { messages, tools } = conversations(60)[Number(id.slice("sum-".length))] as ReturnType<typeof conversations>[number];
      forged += begun - messages.length - (tools === undefined ? 0 : 1);
    }
  }
  console.log("one conversation, token by token; what the labels keep stands in []:");
  console.log(first);

  const stages = run.report().stages;
  const pad = stages.at(-1);
  const { tokens = 0, "tokens trained": trained = 0, batches = 0, padding = 0 } = pad?.counters ?? {};
  console.log(`${batches} batches of ${rows} rows: ${tokens} tokens, ${padding} of padding`);
  console.log(`labels keep ${trained} of ${tokens} tokens, ${((100 * trained) / tokens).toFixed(0)} %`);
  console.log(`turns forged by messages that contain <|im_start|>: ${forged}`);
}

/** Tokens as text, stretches that are learnt in brackets. */
function shown(ids: Int32Array, learnt: Int32Array, textOf: (token: number) => string): string {
  let text = "";
  for (const [i, token] of ids.entries()) {
    if (learnt[i] === 1 && learnt[i - 1] !== 1) text += "[";
    text += textOf(token).replaceAll("\n", "\\n");
    text += learnt[i] === 1 && learnt[i + 1] !== 1 ? "]" : "\u00b7";
  }
  return text;
}
